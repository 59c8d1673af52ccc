// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress
import LiveProgressHTTP

/// What a token says (RFC 7519), beside the claims of Live Progress: `can`, and `id` or `labels`.
struct TokenClaims: Codable, Equatable, Sendable {
    /// Who it is.
    var sub: String?
    /// When it ends, in seconds since 1970; every token must end.
    var exp: Double?
    /// When it begins.
    var nbf: Double?
    /// When it was issued.
    var iat: Double?
    /// Who issued it.
    var iss: String?
    /// For whom it was issued.
    var aud: TokenAudience?
    /// What it allows: names of permissions.
    var can: [String]?
    /// The one operation that it is for.
    var id: String?
    /// The labels of the operations that it is for; without this and `id` it is for all.
    var labels: [String: String]?
}

/// For whom a token was issued: a name or several (RFC 7519 section 4.1.3); an empty list is for nobody.
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
    /// What a principal's grant is as claims.
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
        }
        iat = start.timeIntervalSince1970.rounded(.down)
        exp = (start.timeIntervalSince1970 + Double(time.components.seconds)).rounded(.up)
    }

    /// What the claims grant; names of permissions that are not known grant nothing.
    ///
    /// - Throws: What is wrong with them.
    func grant() throws(TokenRefusal) -> ProgressGrant {
        let permissions = Set((can ?? []).compactMap { ProgressPermission(rawValue: $0) })
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

/// Why a token is not taken, in words that its bearer may read.
struct TokenRefusal: Error, Equatable {
    let reason: String

    static let malformed = TokenRefusal(reason: "The token is malformed.")
    /// The same for a key that is not known, another algorithm than the key's, and a wrong signature.
    static let badSignature = TokenRefusal(reason: "The token is not signed by a known key.")
    static let expired = TokenRefusal(reason: "The token has expired.")
    static let notYetValid = TokenRefusal(reason: "The token is not valid yet.")
    static let forOthers = TokenRefusal(reason: "The token was not issued by and for those that are configured.")
    static let neverEnds = TokenRefusal(reason: "The token has no expiry.")
}
