// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import HTTPTypes
import LiveProgressGrammar

/// The header fields that restrict what a browser does with a response.
@_spi(Server) public enum SafeFields {
    /// The fields of every response, unless the response has the same field already.
    ///
    /// The fields forbid scripts, framing, embedding by other sites, content sniffing and `Referer` fields.
    @_spi(Server) public static let all: HTTPFields = [
        .contentSecurityPolicy: "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        .xContentTypeOptions: "nosniff",
        .referrerPolicy: "no-referrer",
        .permissionsPolicy: "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        .crossOriginOpenerPolicy: "same-origin",
        .crossOriginResourcePolicy: "same-origin",
    ]

    /// The fields of a public resource that pages of other sites may embed, also as a module.
    @_spi(Server) public static let embeddable: HTTPFields = [
        .crossOriginResourcePolicy: "cross-origin", .accessControlAllowOrigin: "*",
    ]

    /// The value of `Strict-Transport-Security` (RFC 6797): browsers use TLS for this host for one year.
    package static let strictTransportSecurity = "max-age=31536000"

    /// Returns whether a response may have `strictTransportSecurity`, by the authority of its request.
    ///
    /// The result is `false` for `localhost` and IP addresses, because other servers on the machine share these names,
    /// and may not use TLS.
    package static func insists(on authority: String?) -> Bool {
        guard let authority = (authority?.lowercased()).flatMap({ Authority(splitting: $0[...]) }),
            !authority.isBracketed
        else { return false }
        let host = authority.host
        return !host.isEmpty && host != "localhost" && !host.hasSuffix(".localhost") && IPAddress(host) == nil
    }
}

extension HTTPField.Name {
    static let referrerPolicy = Self("Referrer-Policy")!
    static let permissionsPolicy = Self("Permissions-Policy")!
    static let crossOriginOpenerPolicy = Self("Cross-Origin-Opener-Policy")!
    static let crossOriginResourcePolicy = Self("Cross-Origin-Resource-Policy")!
}
