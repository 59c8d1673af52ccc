// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Crypto
import FoundationEssentials
import LiveProgress
@_spi(Server) import LiveProgressHTTP

@testable import LiveProgressServer

/// Keys and tokens with fixed values.
struct TokenFixtures {
    /// The current time of the tests.
    static let now = Date(timeIntervalSince1970: 1_800_000_000)

    let old: TokenKey
    let signer: TokenKey
    let edDSA: TokenKey
    /// The bytes of the public key of ``edDSA``.
    let publicBytes: [UInt8]
    let foreign: TokenKey
    /// The private key to ``foreign``.
    let foreignSigner: TokenKey

    init() throws {
        let secret = Base64URL.encode([UInt8](repeating: 3, count: 32))
        old = try TokenKey(
            secret: OwnKey(line: "old HS256 \(Base64URL.encode([UInt8](repeating: 1, count: 32)))")
        )
        signer = try TokenKey(
            secret: OwnKey(line: "new HS256 \(Base64URL.encode([UInt8](repeating: 2, count: 32)))")
        )
        edDSA = try TokenKey(secret: OwnKey(line: "ed EdDSA \(secret)"))
        let pair = try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: 3, count: 32))
        publicBytes = Array(pair.publicKey.rawRepresentation)
        let foreignPair = try Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: 4, count: 32))
        let x = Base64URL.encode(foreignPair.publicKey.rawRepresentation)
        let set = #"{"kty":"OKP","crv":"Ed25519","kid":"theirs","alg":"EdDSA","x":"\#(x)"}"#
        foreign = try TokenKey(JSONDecoder().decode(PublicKey.self, from: Data(set.utf8)))
        foreignSigner = try TokenKey(
            secret: OwnKey(line: "theirs EdDSA \(Base64URL.encode([UInt8](repeating: 4, count: 32)))")
        )
    }

    var keys: TokenKeys { TokenKeys(own: [old, edDSA, signer], foreign: [foreign]) }

    func verifier(issuer: String? = nil, audience: String? = nil) -> TokenVerifier {
        TokenVerifier(keys: keys, issuer: issuer, audience: audience)
    }

    /// Returns claims that are valid for one hour, after `change` has modified them.
    static func claims(_ change: (inout TokenClaims) -> Void = { _ in }) -> TokenClaims {
        var claims = TokenClaims(
            subject: "s",
            permissions: [.watch],
            scope: .everything,
            from: now,
            for: .seconds(3600)
        )
        change(&claims)
        return claims
    }

    /// Returns a token of the given header and claims, with the signature that `sign` returns.
    static func token(header: String, claims: String, sign: (String) throws -> [UInt8]) rethrows -> String {
        let input = "\(Base64URL.encode(header.utf8)).\(Base64URL.encode(claims.utf8))"
        return try "\(input).\(Base64URL.encode(sign(input)))"
    }
}
