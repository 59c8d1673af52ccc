// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A key that verifies tokens; a key of the server can also sign tokens.
struct TokenKey: Sendable {
    /// The key identifier, which a token's header names as `kid`.
    let id: String
    /// The only algorithm of the key; a token whose header names another algorithm is refused (RFC 8725 section 3.1).
    let algorithm: TokenAlgorithm
    /// Whether tokens of this key must name the configured issuer and audience.
    let isForeign: Bool

    /// Creates a key from a secret of the server.
    ///
    /// - Throws: An error if the bytes are not a valid key.
    init(secret: OwnKey) throws {
        id = secret.id
        algorithm =
            switch secret.kind {
            case .hs256: .hs256(secret: secret.bytes)
            case .edDSA: try .edDSA(privateKey: secret.bytes)
            }
        isForeign = false
    }

    /// Creates a key from a public key of a key set.
    ///
    /// - Throws: ``TokenKeyError`` that names the fault of the key.
    init(_ key: PublicKey) throws(TokenKeyError) {
        guard let id = key.kid else { throw TokenKeyError("a key has no kid") }
        self.id = id
        algorithm = try key.algorithm()
        isForeign = true
    }
}

/// The error for a faulty key.
struct TokenKeyError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// The keys of a server.
struct TokenKeys: Sendable {
    /// All keys, by their identifiers.
    var keys: [String: TokenKey] = [:]
    /// The key that signs tokens: the newest of the server's own keys.
    var signer: TokenKey?

    /// Combines the server's own keys with the keys of another issuer; own keys win over foreign keys of the same name.
    init(own: [TokenKey], foreign: [TokenKey]) {
        for key in foreign + own { keys[key.id] = key }
        signer = own.last
    }
}
