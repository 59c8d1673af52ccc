// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if ClientTLS
    public import LiveProgressClient
    public import NIOCore
    import NIOSSL

    /// TLS 1.2 or 1.3 for a client's connections, with swift-nio-ssl.
    ///
    /// The server must have a certificate for the host in its URL. This check cannot be turned off. For a private
    /// certificate authority, use `Authorities.file(_:)`.
    public struct ClientTLS: ProgressTransportSecurity {
        /// The certificate authorities that a client trusts.
        public enum Authorities: Sendable, Hashable {
            /// The authorities that the system trusts.
            case system
            /// Only the authorities whose certificates are in the PEM file at this path.
            case file(String)
        }

        /// The error for authorities that cannot be read.
        public struct InvalidAuthorities: Error, Sendable, Hashable, CustomStringConvertible {
            /// The error message, with the path of the file.
            public let description: String
        }

        private let context: NIOSSLContext

        /// Creates TLS that trusts the given authorities.
        ///
        /// - Throws: ``InvalidAuthorities`` if the authorities cannot be read.
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

        /// Returns the TLS handler of one connection.
        public func makeHandlers(host: String) throws -> [any ChannelHandler] {
            // The server name in TLS cannot be an IP address (RFC 6066 section 3); the certificate must be for the
            // address.
            let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
            return [try NIOSSLClientHandler(context: context, serverHostname: isAddress ? nil : host)]
        }

        /// Returns what is wrong with the server's certificate or its TLS; `nil` for any other error.
        public func explanation(of error: any Error) -> String? {
            switch error {
            case let error as NIOSSLExtraError where error == .failedToValidateHostname:
                "its certificate is for another host."
            case NIOSSLError.unableToValidateCertificate: "its certificate is for another host, or for none."
            case NIOSSLError.handshakeFailed(.sslError(let stack)) where !stack.contains(.eofDuringHandshake):
                stack.contains { "\($0)".contains("CERTIFICATE_VERIFY_FAILED") }
                    ? "its certificate is not from a trusted authority, or is not valid now."
                    : "no secure TLS connection could be negotiated (\(stack))."
            default: nil
            }
        }
    }
#endif
