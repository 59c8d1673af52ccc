// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import JWTKit

/// A key that verifies tokens, and may sign them.
struct TokenKey: Sendable {
    /// The name by which a token's header says who signed it.
    let id: String
    /// The one way in which the key is used: what a token's header says instead is not believed (RFC 8725 section 3.1).
    let algorithm: any JWTAlgorithm
    /// Whether tokens of this key must name the configured issuer and audience.
    let isForeign: Bool

    /// A key of the server's own.
    init(secret: OwnKey) async throws {
        let collection = JWTKeyCollection()
        switch secret.kind {
        case .hs256: await collection.add(hmac: HMACKey(from: secret.bytes), digestAlgorithm: .sha256)
        case .edDSA:
            await collection.add(eddsa: try EdDSA.PrivateKey(d: Base64URL.encode(secret.bytes), curve: .ed25519))
        }
        id = secret.id
        algorithm = try await collection.getKey()
        isForeign = false
    }

    /// A public key of a key set.
    ///
    /// - Throws: What is wrong with it; a key that could sign does not belong into a key set that is handed round.
    init(_ key: JWK) async throws {
        guard let id = key.keyIdentifier?.string else { throw TokenKeyError("a key has no kid") }
        let collection = JWTKeyCollection()
        try await collection.add(jwk: key)
        self.id = id
        algorithm = try await collection.getKey(
            for: key.keyIdentifier,
            alg: key.algorithm?.rawValue ?? key.usualAlgorithm
        )
        isForeign = true
    }
}

extension JWK {
    /// The algorithm of a key that does not say its own.
    fileprivate var usualAlgorithm: String? {
        switch (keyType.rawValue, curve?.rawValue) {
        case ("RSA", _): "RS256"
        case ("EC", "P-256"): "ES256"
        case ("EC", "P-384"): "ES384"
        case ("EC", "P-521"): "ES512"
        case ("OKP", _): "EdDSA"
        default: nil
        }
    }
}

/// What is wrong with a key.
struct TokenKeyError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// The keys of a server.
struct TokenKeys: Sendable {
    /// All keys, by their names.
    var keys: [String: TokenKey] = [:]
    /// The one that signs: the newest of the server's own.
    var signer: TokenKey?

    /// Keys of the server's own and of somebody else; of the same name, the server's own counts.
    init(own: [TokenKey], foreign: [TokenKey]) {
        for key in foreign + own { keys[key.id] = key }
        signer = own.last
    }
}
