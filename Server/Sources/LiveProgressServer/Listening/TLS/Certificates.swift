// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Logging
import NIOCore
import NIOSSL
import Synchronization

/// The TLS certificate for new connections, reloaded from its files while the server runs.
///
/// Open connections keep the certificate of their handshake. If the files cannot be used, the old certificate stays.
final class Certificates: Sendable {
    /// The result of reading the files again.
    enum Renewal: Sendable, Hashable {
        /// The files have not changed.
        case unchanged
        /// New connections use the new certificate.
        case renewed
        /// The files cannot be used; new connections still use the old certificate.
        case failed(ServerConfigurationError)
    }

    private struct State {
        var context: NIOSSLContext
        /// The contents of the files at the last attempt, usable or not.
        var tried: PEMPair
    }

    private let files: TLSFiles
    private let state: Mutex<State>

    /// Reads the certificate from its files.
    ///
    /// - Throws: ``ServerConfigurationError`` that names the file and the fault.
    init(_ files: TLSFiles) throws(ServerConfigurationError) {
        self.files = files
        let pair = try PEMPair(files)
        state = Mutex(State(context: try pair.context(files), tried: pair))
    }

    /// The TLS context for new connections.
    var context: NIOSSLContext { state.withLock { $0.context } }

    /// Reads the files again; blocks the thread while it reads.
    ///
    /// - Parameter again: Whether to load contents that are the same as at the last attempt.
    /// - Returns: The result.
    func renew(again: Bool = false) -> Renewal {
        do throws(ServerConfigurationError) {
            let pair = try PEMPair(files)
            guard again || state.withLock({ $0.tried != pair }) else { return .unchanged }
            // Stored after a failure too, so that the same fault is reported only once.
            defer { state.withLock { $0.tried = pair } }
            let context = try pair.context(files)
            state.withLock { $0.context = context }
            return .renewed
        } catch {
            return .failed(error)
        }
    }

    /// Reads the files at each interval until the task is cancelled, and logs changes and failures.
    func keepFresh(every interval: Duration, logger: Logger) async {
        var told = Renewal.unchanged
        while (try? await Task.sleep(for: interval)) != nil {
            let renewal = renew()
            // A file that stays missing fails each time, but is logged only once.
            guard renewal == .renewed || renewal != told else { continue }
            log(renewal, logger)
            if renewal != .unchanged { told = renewal }
        }
    }

    /// Logs the result of reading the files again.
    func log(_ renewal: Renewal, _ logger: Logger) {
        switch renewal {
        case .unchanged: break
        case .renewed: logger.info("The certificate has been renewed", metadata: ["file": "\(files.certificate)"])
        case .failed(let error):
            logger.error("The certificate cannot be renewed; the old one stays in use", metadata: ["error": "\(error)"])
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

    /// Returns the TLS context: TLS 1.3, or TLS 1.2 with cipher suites that have forward secrecy.
    func context(_ files: TLSFiles) throws(ServerConfigurationError) -> NIOSSLContext {
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(certificate), !chain.isEmpty else {
            throw ServerConfigurationError("The file \(files.certificate) holds no certificate in PEM.")
        }
        guard let key = try? NIOSSLPrivateKey(bytes: key, format: .pem) else {
            throw ServerConfigurationError(
                "The file \(files.key) holds no private key in PEM, or its key has a passphrase."
            )
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        // Only cipher suites that RFC 9113 appendix A does not prohibit for HTTP/2.
        configuration.cipherSuites = "ECDHE+AESGCM:ECDHE+CHACHA20"
        configuration.applicationProtocols = ["h2", "http/1.1"]
        // The time for a client to answer the server's close_notify.
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
                case .fileNoSuchFile, .fileReadNoSuchFile: "the file does not exist"
                case .fileReadNoPermission: "this user has no permission to read the file"
                default: "\(error)"
                }
            throw ServerConfigurationError("The \(what) cannot be read from \(path): \(reason).")
        }
    }
}
