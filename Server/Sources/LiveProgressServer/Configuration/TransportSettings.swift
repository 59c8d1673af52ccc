// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgressHTTP

/// The files of a certificate.
public struct TLSFiles: Sendable, Hashable {
    /// The path of the certificate and of those that lead to its root, in PEM, its own first.
    public var certificate: String
    /// The path of its private key, in PEM, without a passphrase.
    public var key: String

    /// The files at two paths.
    public init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// How bytes get from clients to the server: encrypted or not, and through whom.
public struct TransportSettings: Sendable {
    /// The certificate to serve TLS with, or `nil` to serve in clear.
    public var tls: TLSFiles?
    /// The proxies that are believed about where requests come from.
    public var trustedProxies = TrustedProxies()

    /// In clear, and without proxies.
    public init() {}

    /// What the keys `tlsCertificate`, `tlsKey` and `trustedProxies` say.
    init(_ values: ConfigurationValues) throws(ServerConfigurationError) {
        switch (try values.string("tlsCertificate"), try values.string("tlsKey")) {
        case (nil, nil): break
        case (let certificate?, let key?): tls = TLSFiles(certificate: certificate, key: key)
        case (_?, nil): throw ServerConfigurationError("A certificate needs its key: say --tls-key or tlsKey as well.")
        case (nil, _?):
            throw ServerConfigurationError("A key needs its certificate: say --tls-cert or tlsCertificate as well.")
        }
        let ranges = try values.strings("trustedProxies") ?? []
        do throws(TrustedProxies.InvalidRange) {
            trustedProxies = try TrustedProxies(ranges)
        } catch {
            throw ServerConfigurationError("The value of trustedProxies is wrong: \(error)")
        }
    }
}
