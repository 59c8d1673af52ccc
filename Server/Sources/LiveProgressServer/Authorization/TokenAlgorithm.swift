// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Crypto
import FoundationEssentials

/// One way to sign tokens and to check signatures, with its key: an algorithm of JSON Web Signature (RFC 7518 section 3.1).
struct TokenAlgorithm: Sendable {
    /// Its name in a token's header.
    let name: String
    private let check: @Sendable (_ signature: [UInt8], _ signed: [UInt8]) throws -> Bool
    private let make: (@Sendable (_ signed: [UInt8]) throws -> [UInt8])?

    /// An algorithm.
    ///
    /// - Parameters:
    ///   - name: Its name in a token's header.
    ///   - check: Whether a signature is one of these bytes; what it throws means no.
    ///   - make: Makes a signature; `nil` for a key that can only check.
    init(
        _ name: String,
        check: @escaping @Sendable (_ signature: [UInt8], _ signed: [UInt8]) throws -> Bool,
        make: (@Sendable (_ signed: [UInt8]) throws -> [UInt8])? = nil
    ) {
        self.name = name
        self.check = check
        self.make = make
    }

    /// Whether a signature is one of some bytes.
    func isSignature(_ signature: [UInt8], of signed: some Sequence<UInt8>) -> Bool {
        (try? check(signature, Array(signed))) ?? false
    }

    /// The signature of some bytes.
    ///
    /// - Throws: Where the key can only check.
    func signature(of bytes: some Sequence<UInt8>) throws -> [UInt8] {
        guard let make else { throw TokenKeyError("a public key cannot sign") }
        return try make(Array(bytes))
    }
}

extension TokenAlgorithm {
    /// HMAC with SHA-256 (RFC 7518 section 3.2), compared in constant time.
    static func hs256(secret: [UInt8]) -> TokenAlgorithm {
        let key = SymmetricKey(data: secret)
        return TokenAlgorithm("HS256") { signature, signed in
            HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: signed, using: key)
        } make: { signed in
            Array(HMAC<SHA256>.authenticationCode(for: signed, using: key))
        }
    }

    /// Ed25519 (RFC 8037 section 3.1), with a private key of 32 bytes.
    ///
    /// - Throws: Where it is no key.
    static func edDSA(privateKey bytes: [UInt8]) throws -> TokenAlgorithm {
        let key = try Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
        return TokenAlgorithm("EdDSA") { signature, signed in
            key.publicKey.isValidSignature(signature, for: signed)
        } make: { signed in
            Array(try key.signature(for: signed))
        }
    }
}
