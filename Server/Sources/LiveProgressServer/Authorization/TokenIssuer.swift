// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials

/// Signs tokens with one key.
struct TokenIssuer: Sendable {
    let key: TokenKey

    private struct Header: Encodable {
        let alg: String
        let kid: String
        let typ = "JWT"
    }

    /// Returns a signed token with the claims.
    ///
    /// - Throws: An error if the key cannot sign.
    func token(_ claims: TokenClaims) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let header = try encoder.encode(Header(alg: key.algorithm.name, kid: key.id))
        let input = try "\(Base64URL.encode(header)).\(Base64URL.encode(encoder.encode(claims)))"
        return try "\(input).\(Base64URL.encode(key.algorithm.signature(of: input.utf8)))"
    }
}
