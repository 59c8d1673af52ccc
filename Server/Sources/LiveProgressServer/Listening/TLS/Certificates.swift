// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The certificate that new connections are served with, renewed from its files while the server runs.
///
/// Connections that are there keep the one they were made with. Files that cannot be used change nothing.
final class Certificates: Sendable {
    /// What looking at the files led to.
    enum Renewal: Sendable, Hashable {
        /// They are as they were when they were looked at last.
        case unchanged
        /// New connections get what they say now.
        case renewed
        /// They cannot be used; the certificate from before goes on.
        case failed(ServerConfigurationError)
    }

    private struct State {
        var context: NIOSSLContext
        /// The contents that were tried last, whether they could be used or not.
        var tried: PEMPair
    }

    private let files: TLSFiles
    private let state: Mutex<State>

    /// The certificate in the files.
    ///
    /// - Throws: ``ServerConfigurationError`` that names the file, and says what is wrong with it.
    init(_ files: TLSFiles) throws(ServerConfigurationError) {
        self.files = files
        let pair = try PEMPair(files)
        state = Mutex(State(context: try pair.context(files), tried: pair))
    }

    /// What new connections are encrypted with.
    var context: NIOSSLContext { state.withLock { $0.context } }

    /// Looks at the files; blocks for as long as reading them takes.
    ///
    /// - Parameter again: Whether to try what has been tried already.
    /// - Returns: What came of it.
    func renew(again: Bool = false) -> Renewal {
        do throws(ServerConfigurationError) {
            let pair = try PEMPair(files)
            guard again || state.withLock({ $0.tried != pair }) else { return .unchanged }
            // Said even where it fails, so that one mistake is told once.
            defer { state.withLock { $0.tried = pair } }
            let context = try pair.context(files)
            state.withLock { $0.context = context }
            return .renewed
        } catch {
            return .failed(error)
        }
    }

    /// Looks at the files again and again until the task is cancelled, and logs what comes of it.
    func keepFresh(every interval: Duration, logger: Logger) async {
        var told = Renewal.unchanged
        while (try? await Task.sleep(for: interval)) != nil {
            let renewal = renew()
            // A file that stays away fails each time, and is told of once.
            guard renewal == .renewed || renewal != told else { continue }
            log(renewal, logger)
            if renewal != .unchanged { told = renewal }
        }
    }

    /// Tells what looking at the files led to.
    func log(_ renewal: Renewal, _ logger: Logger) {
        switch renewal {
        case .unchanged: break
        case .renewed: logger.info("The certificate has been renewed", metadata: ["file": "\(files.certificate)"])
        case .failed(let error):
            logger.error("The certificate cannot be renewed; the old one goes on", metadata: ["error": "\(error)"])
        }
    }
}

/// The contents of the two files.
private struct PEMPair: Hashable {
    let certificate: [UInt8]
    let key: [UInt8]

    init(_ files: TLSFiles) throws(ServerConfigurationError) {
        certificate = try Self.read(files.certificate, "certificate")
        key = try Self.read(files.key, "key of the certificate")
    }

    /// What connections are encrypted with: TLS 1.2 with forward secrecy alone, or 1.3.
    func context(_ files: TLSFiles) throws(ServerConfigurationError) -> NIOSSLContext {
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(certificate), !chain.isEmpty else {
            throw ServerConfigurationError("The file \(files.certificate) holds no certificate in PEM.")
        }
        guard let key = try? NIOSSLPrivateKey(bytes: key, format: .pem) else {
            throw ServerConfigurationError(
                "The file \(files.key) holds no private key in PEM, or one that is locked with a passphrase."
            )
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        // Those that RFC 9113 appendix A lets HTTP/2 use.
        configuration.cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20"
        configuration.applicationProtocols = ["h2", "http/1.1"]
        // How long a client has to answer our goodbye.
        configuration.shutdownTimeout = .seconds(1)
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw ServerConfigurationError(
                "The key in \(files.key) does not belong to the certificate in \(files.certificate) (\(error))."
            )
        }
    }

    private static func read(_ path: String, _ what: String) throws(ServerConfigurationError) -> [UInt8] {
        do {
            return try [UInt8](Data(contentsOf: URL(filePath: path)))
        } catch {
            let reason =
                switch (error as? CocoaError)?.code {
                case .fileNoSuchFile, .fileReadNoSuchFile: "there is none"
                case .fileReadNoPermission: "this user may not read it"
                default: "\(error)"
                }
            throw ServerConfigurationError("The \(what) cannot be read from \(path): \(reason).")
        }
    }
}
