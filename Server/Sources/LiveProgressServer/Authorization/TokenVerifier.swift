// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress
@_spi(Server) import LiveProgressHTTP

/// A verifier of tokens that checks first the signature, then the claims; a pure value without I/O.
struct TokenVerifier: Sendable {
    /// The tolerated clock difference to other issuers, in seconds.
    static let leeway = 5.0
    /// The longest token, in bytes.
    static let maximumLength = 4096

    let keys: TokenKeys
    let issuer: String?
    let audience: String?

    /// The contents of a token with a valid signature.
    struct Verified: Sendable {
        let principal: ProgressPrincipal
        let claims: TokenClaims

        /// Checks the token's lifetime; needed for each use, because time passes.
        func check(at now: Date) throws(TokenError) {
            let seconds = now.timeIntervalSince1970
            guard let end = claims.exp else { throw .neverEnds }
            guard seconds < end else { throw .expired }
            guard seconds + TokenVerifier.leeway >= claims.nbf ?? 0 else { throw .notYetValid }
        }
    }

    /// Checks everything except the lifetime.
    func verify(_ token: String) throws(TokenError) -> Verified {
        guard token.utf8.count <= Self.maximumLength else { throw .malformed }
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let signature = Base64URL.decode(parts[2]) else { throw .malformed }
        let header = try header(parts[0])
        // Refuse critical extensions, because none is supported (RFC 7515 section 4.1.11). This check precedes the key
        // look-up, so that its result does not disclose which keys exist.
        guard header.crit == nil else { throw .malformed }
        // The token names the key, and the key determines the algorithm. So a token can neither select the algorithm "none"
        // nor make the server use a public key as an HMAC secret (RFC 8725 sections 2.1 and 3.1).
        guard let name = header.kid, let key = keys.keys[name], header.alg == key.algorithm.name else {
            throw .badSignature
        }
        let signed = token.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count)
        guard key.algorithm.isSignature(signature, of: signed) else { throw .badSignature }
        let claims = try Self.decode(TokenClaims.self, parts[1])
        // A null must not widen a token to all operations, as an absent claim does.
        let restrictions = try Self.decode(JSONValue.self, parts[1])
        guard !["id", "labels", "epoch"].contains(where: { restrictions[$0]?.isNull == true }) else { throw .malformed }
        if key.isForeign { try checkOrigin(claims) }
        let grant = try claims.grant()
        let end = claims.exp.map { Date(timeIntervalSince1970: $0) }
        let principal = ProgressPrincipal(subject: claims.sub, grants: [grant], expiresAt: end)
        return Verified(principal: principal, claims: claims)
    }

    private struct Header: Decodable {
        let alg: String
        let kid: String?
        let crit: [String]?
    }

    private func header(_ part: Substring) throws(TokenError) -> Header {
        try Self.decode(Header.self, part)
    }

    private func checkOrigin(_ claims: TokenClaims) throws(TokenError) {
        if let issuer, claims.iss != issuer { throw .forOthers }
        if let audience, claims.aud?.names.contains(audience) != true { throw .forOthers }
    }

    /// Returns the claims of a token without verifying its signature.
    static func unverifiedClaims(of token: String) throws(TokenError) -> TokenClaims {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .malformed }
        return try decode(TokenClaims.self, parts[1])
    }

    private static func decode<Value: Decodable>(_ type: Value.Type, _ part: Substring) throws(TokenError) -> Value {
        guard let bytes = Base64URL.decode(part), let value = try? JSONDecoder().decode(type, from: Data(bytes)) else {
            throw .malformed
        }
        return value
    }
}
