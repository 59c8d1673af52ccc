// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if ClientTLS
    public import LiveProgressClient
    public import NIOCore
    import NIOSSL

    /// TLS 1.2 or 1.3 for a client's connections, with swift-nio-ssl.
    ///
    /// A server has to prove with a certificate that it is the host in its URL. There is no way to do without: one's own
    /// authority is named instead.
    public struct ClientTLS: ProgressTransportSecurity {
        /// Whose word counts for who a server is.
        public enum Authorities: Sendable, Hashable {
            /// Those that the system trusts.
            case system
            /// Those alone whose certificates are in a file, in PEM.
            case file(String)
        }

        /// The authorities cannot be read.
        public struct InvalidAuthorities: Error, Sendable, Hashable, CustomStringConvertible {
            /// What is wrong, and with which file.
            public let description: String
        }

        private let context: NIOSSLContext

        /// TLS that trusts the given authorities.
        ///
        /// - Throws: ``InvalidAuthorities`` where they cannot be read.
        public init(trusting authorities: Authorities = .system) throws(InvalidAuthorities) {
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            do {
                if case .file(let path) = authorities {
                    configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(path))
                }
                context = try NIOSSLContext(configuration: configuration)
            } catch {
                guard case .file(let path) = authorities else {
                    throw InvalidAuthorities(
                        description: "The system's trusted certificates cannot be read (\(error))."
                    )
                }
                throw InvalidAuthorities(
                    description: "\(path) holds no certificates in PEM, or cannot be read (\(error))."
                )
            }
        }

        /// The handler of one connection.
        public func makeHandlers(host: String) throws -> [any ChannelHandler] {
            // An address is no name to ask for (RFC 6066 section 3); the certificate has to be for the address then.
            let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
            return [try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)]
        }

        /// What is wrong with the server's certificate, or with what it speaks.
        public func explanation(of error: any Error) -> String? {
            switch error {
            case let error as NIOSSLExtraError where error == .failedToValidateHostname:
                "its certificate is for another host."
            case NIOSSLError.unableToValidateCertificate: "its certificate is for another host, or for none."
            case NIOSSLError.handshakeFailed(.sslError(let stack)) where !stack.contains(.eofDuringHandshake):
                stack.contains { "\($0)".contains("CERTIFICATE_VERIFY_FAILED") }
                    ? "its certificate is by nobody who is trusted, or not valid now."
                    : "it does not speak TLS in a way that is safe (\(stack))."
            default: nil
            }
        }
    }
#endif
