// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

#if NATS
    import NIOSSL
#endif

/// The TLS of a client's connections.
///
/// The certificates are read for each connection, so renewed files are used.
struct TransportSecurity {
    #if NATS
        private let context: NIOSSLContext

        /// Reads the certificates.
        ///
        /// - Throws: ``NATSError/Code/invalid`` if a file cannot be read.
        init(_ settings: NATSConfiguration.TLS) throws(NATSError) {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            if let path = settings.authorities {
                configuration.trustRoots = .certificates(try read(path) { try NIOSSLCertificate.fromPEMFile(path) })
            }
            if let path = settings.certificate {
                let chain = try read(path) { try NIOSSLCertificate.fromPEMFile(path) }
                configuration.certificateChain = chain.map { .certificate($0) }
            }
            if let path = settings.privateKey {
                configuration.privateKey = .privateKey(
                    try read(path) { try NIOSSLPrivateKey(file: path, format: .pem) }
                )
            }
            context = try read(settings.certificate ?? "The system's list") { [configuration] in
                try NIOSSLContext(configuration: configuration)
            }
        }

        /// Returns the handler of a connection.
        func makeHandler(for address: NATSAddress) throws(NATSError) -> any ChannelHandler {
            // The server name in TLS cannot be an IP address (RFC 6066, section 3).
            let isNumeric = (try? SocketAddress(ipAddress: address.host, port: 0)) != nil
            do {
                return try NIOSSLClientHandler(context: context, serverHostname: isNumeric ? nil : address.host)
            } catch {
                throw NATSError(.insecure, "TLS with \(address) cannot start (\(error)).")
            }
        }
        /// Returns the error of a connection on which TLS failed; `nil` for any other error.
        static func explanation(of error: any Error, at address: NATSAddress) -> NATSError? {
            guard error is NIOSSLError || error is NIOSSLExtraError || error is BoringSSLError else { return nil }
            return NATSError(
                .insecure,
                "TLS with \(address) failed (\(error)). Check the server's certificate and the authorities that the client trusts."
            )
        }
    #else
        static func explanation(of error: any Error, at address: NATSAddress) -> NATSError? { nil }

        init(_ settings: NATSConfiguration.TLS) throws(NATSError) {
            throw NATSError(.insecure, "This build has no TLS: build it with the package trait NATS.")
        }

        func makeHandler(for address: NATSAddress) throws(NATSError) -> any ChannelHandler {
            throw NATSError(.insecure, "This build has no TLS: build it with the package trait NATS.")
        }
    #endif
}

#if NATS
    /// Reads a file for TLS; an error names the file.
    private func read<Value>(_ path: String, _ body: () throws -> Value) throws(NATSError) -> Value {
        do {
            return try body()
        } catch {
            throw NATSError(.invalid, "\(path) cannot be used for TLS: expected readable PEM (\(error)).")
        }
    }
#endif
