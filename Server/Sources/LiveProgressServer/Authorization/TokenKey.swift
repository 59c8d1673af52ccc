// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A key that verifies tokens, and may sign them.
struct TokenKey: Sendable {
    /// The name by which a token's header says who signed it.
    let id: String
    /// The one way in which the key is used: what a token's header says instead is not believed (RFC 8725 section 3.1).
    let algorithm: TokenAlgorithm
    /// Whether tokens of this key must name the configured issuer and audience.
    let isForeign: Bool

    /// A key of the server's own.
    ///
    /// - Throws: Where its bytes are no key.
    init(secret: OwnKey) throws {
        id = secret.id
        algorithm =
            switch secret.kind {
            case .hs256: .hs256(secret: secret.bytes)
            case .edDSA: try .edDSA(privateKey: secret.bytes)
            }
        isForeign = false
    }

    /// A public key of a key set.
    ///
    /// - Throws: What is wrong with it.
    init(_ key: PublicKey) throws(TokenKeyError) {
        guard let id = key.kid else { throw TokenKeyError("a key has no kid") }
        self.id = id
        algorithm = try key.algorithm()
        isForeign = true
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
