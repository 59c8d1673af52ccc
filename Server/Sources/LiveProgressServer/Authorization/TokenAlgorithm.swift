// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Crypto
import FoundationEssentials

/// An algorithm of JSON Web Signature (RFC 7518 section 3.1) with its key.
struct TokenAlgorithm: Sendable {
    /// The name of the algorithm in a token's header.
    let name: String
    private let check: @Sendable (_ signature: [UInt8], _ signed: [UInt8]) throws -> Bool
    private let make: (@Sendable (_ signed: [UInt8]) throws -> [UInt8])?

    /// Creates an algorithm.
    ///
    /// - Parameters:
    ///   - name: The name of the algorithm in a token's header.
    ///   - check: Returns whether a signature is valid for the signed bytes; an error means that it is not.
    ///   - make: Signs bytes; `nil` for a public key.
    init(
        _ name: String,
        check: @escaping @Sendable (_ signature: [UInt8], _ signed: [UInt8]) throws -> Bool,
        make: (@Sendable (_ signed: [UInt8]) throws -> [UInt8])? = nil
    ) {
        self.name = name
        self.check = check
        self.make = make
    }

    /// Returns whether a signature is valid for the signed bytes.
    func isSignature(_ signature: [UInt8], of signed: some Sequence<UInt8>) -> Bool {
        (try? check(signature, Array(signed))) ?? false
    }

    /// Returns the signature of the bytes.
    ///
    /// - Throws: ``TokenKeyError`` if the key is a public key.
    func signature(of bytes: some Sequence<UInt8>) throws -> [UInt8] {
        guard let make else { throw TokenKeyError("a public key cannot sign") }
        return try make(Array(bytes))
    }
}

extension TokenAlgorithm {
    /// Returns HMAC with SHA-256 (RFC 7518 section 3.2); comparison takes constant time.
    static func hs256(secret: [UInt8]) -> TokenAlgorithm {
        let key = SymmetricKey(data: secret)
        return TokenAlgorithm("HS256") { signature, signed in
            HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: signed, using: key)
        } make: { signed in
            Array(HMAC<SHA256>.authenticationCode(for: signed, using: key))
        }
    }

    /// Returns Ed25519 (RFC 8037 section 3.1) with a private key of 32 bytes.
    ///
    /// - Throws: An error if the bytes are not a private key.
    static func edDSA(privateKey bytes: [UInt8]) throws -> TokenAlgorithm {
        let key = try Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
        return TokenAlgorithm("EdDSA") { signature, signed in
            key.publicKey.isValidSignature(signature, for: signed)
        } make: { signed in
            Array(try key.signature(for: signed))
        }
    }
}
