// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress
@_spi(Server) import LiveProgressHTTP

/// The claims of a token: registered claims (RFC 7519), and the claims of Live Progress `can`, `id`, `epoch`
/// and `labels`.
struct TokenClaims: Codable, Equatable, Sendable {
    /// The subject: the identity of the bearer.
    var sub: String?
    /// The expiration time in seconds since 1970; required.
    var exp: Double?
    /// The time before which the token is not valid, in seconds since 1970.
    var nbf: Double?
    /// The time of issue, in seconds since 1970.
    var iat: Double?
    /// The issuer.
    var iss: String?
    /// The audience.
    var aud: TokenAudience?
    /// The names of the permissions.
    var can: [String]?
    /// The identifier of the only operation that the token is for.
    var id: String?
    /// The labels of the operations that the token is for; without `labels` and `id`, the token is for all operations.
    var labels: [String: String]?
    /// The epoch of the only run of the operation `id` that the token is for; `labels` then restrict the run.
    var epoch: String?
}

/// The audience of a token: one or several names (RFC 7519 section 4.1.3); an empty list matches no audience.
struct TokenAudience: Codable, Equatable, Sendable {
    var names: [String]

    init(_ names: [String]) {
        self.names = names
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let name = try? container.decode(String.self) {
            names = [name]
        } else {
            names = try container.decode([String].self)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(names)
    }
}

extension TokenClaims {
    /// Creates the claims for a subject, permissions, a scope and a lifetime.
    init(
        subject: String?,
        permissions: [ProgressPermission],
        scope: ProgressScope,
        from start: Date,
        for time: Duration
    ) {
        sub = subject
        can = permissions.map(\.rawValue)
        switch scope {
        case .everything: break
        case .operation(let id): self.id = id.rawValue
        case .labels(let labels): self.labels = labels
        case .run(let id, let epoch, let labels):
            (self.id, self.epoch) = (id.rawValue, epoch)
            if !labels.isEmpty { self.labels = labels }
        }
        iat = start.timeIntervalSince1970.rounded(.down)
        exp = (start.timeIntervalSince1970 + Double(time.components.seconds)).rounded(.up)
    }

    /// Returns the grant of the claims; unknown names of permissions grant nothing.
    ///
    /// - Throws: ``TokenError/malformed`` if `id` or `labels` is invalid, or if both are present without `epoch`.
    func grant() throws(TokenError) -> ProgressGrant {
        let permissions = Set((can ?? []).compactMap { ProgressPermission(rawValue: $0) })
        if let epoch {
            guard let id = id.flatMap({ ProgressID($0) }) else { throw .malformed }
            return ProgressGrant(permissions, for: .run(id, epoch: epoch, labels: labels ?? [:]))
        }
        switch (id, labels) {
        case (nil, nil): return ProgressGrant(permissions, for: .everything)
        case (let id?, nil):
            guard let id = ProgressID(id) else { throw .malformed }
            return ProgressGrant(permissions, for: .operation(id))
        case (nil, let labels?):
            guard !labels.isEmpty else { throw .malformed }
            return ProgressGrant(permissions, for: .labels(labels))
        case (_?, _?): throw .malformed
        }
    }
}

/// The reason why a token is refused, as a text that its bearer may read.
struct TokenError: Error, Equatable {
    let reason: String

    static let malformed = TokenError(reason: "The token is malformed.")
    /// The reason for an unknown key, for a different algorithm than the key's, and for a wrong signature.
    static let badSignature = TokenError(reason: "The token is not signed by a known key.")
    static let expired = TokenError(reason: "The token has expired.")
    static let notYetValid = TokenError(reason: "The token is not valid yet.")
    static let forOthers = TokenError(reason: "The token's issuer or audience is not the configured one.")
    static let neverEnds = TokenError(reason: "The token has no expiry.")
}
