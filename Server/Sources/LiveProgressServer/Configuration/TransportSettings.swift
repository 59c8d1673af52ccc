// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import LiveProgressHTTP

/// The files of a TLS certificate and its private key.
package struct TLSFiles: Sendable, Hashable {
    /// The path of the certificate chain in PEM; the server's certificate comes first.
    package var certificate: String
    /// The path of the private key in PEM, without a passphrase.
    package var key: String

    /// Creates a pair of file paths.
    package init(certificate: String, key: String) {
        self.certificate = certificate
        self.key = key
    }
}

/// The transport between clients and the server: TLS and trusted proxies.
package struct TransportSettings: Sendable {
    /// The files of the TLS certificate, or `nil` to serve without TLS.
    package var tls: TLSFiles?
    /// The proxies whose `Forwarded` and `X-Forwarded-*` header fields the server trusts.
    package var trustedProxies = TrustedProxies()

    /// Creates settings without TLS and without proxies.
    package init() {}

    /// Reads the values of the keys `tlsCertificate`, `tlsKey` and `trustedProxies`.
    init(_ values: ConfigurationValues) throws(ServerConfigurationError) {
        switch (try values.string("tlsCertificate"), try values.string("tlsKey")) {
        case (nil, nil): break
        case (let certificate?, let key?): tls = TLSFiles(certificate: certificate, key: key)
        case (_?, nil): throw ServerConfigurationError("A certificate needs its key: set --tls-key or tlsKey as well.")
        case (nil, _?):
            throw ServerConfigurationError("A key needs its certificate: set --tls-cert or tlsCertificate as well.")
        }
        let ranges = try values.strings("trustedProxies") ?? []
        do throws(TrustedProxies.InvalidRange) {
            trustedProxies = try TrustedProxies(ranges)
        } catch {
            throw ServerConfigurationError("The value of trustedProxies is wrong: \(error)")
        }
    }
}
