// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import HTTPTypes
import LiveProgressGrammar

/// The fields that keep browsers from doing with an answer what it is not meant for.
public enum SafeFields {
    /// Those of every answer that does not say otherwise itself: nothing is run, framed, embedded, guessed or told on.
    public static let all: HTTPFields = [
        .contentSecurityPolicy: "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        .xContentTypeOptions: "nosniff",
        .referrerPolicy: "no-referrer",
        .permissionsPolicy: "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        .crossOriginOpenerPolicy: "same-origin",
        .crossOriginResourcePolicy: "same-origin",
    ]

    /// Those of what pages of other sites may embed.
    public static let embeddable: HTTPFields = [.crossOriginResourcePolicy: "cross-origin"]

    /// For how long browsers shall speak to this host encrypted only (RFC 6797).
    public static let strictTransportSecurity = "max-age=31536000"

    /// Whether browsers may be told so of the host that they asked: this machine's own names stand for other servers too,
    /// which need not be encrypted.
    public static func insists(on authority: String?) -> Bool {
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
