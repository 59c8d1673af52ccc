// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Crypto
import CryptoExtras
import FoundationEssentials

/// A public key of a key set (RFC 7517): RSA (RFC 7518 section 6.3), EC (section 6.2) or Ed25519 (RFC 8037 section 2).
struct PublicKey: Decodable {
    let kty: String
    let kid: String?
    let use: String?
    let alg: String?
    let crv: String?
    private let x: String?
    private let y: String?
    private let n: String?
    private let e: String?
    private let d: String?
    private let k: String?

    /// Whether the key is for signatures and has a supported type; the server ignores other keys (RFC 7517 section 5).
    var isForTokens: Bool { use != "enc" && ["RSA", "EC", "OKP"].contains(kty) }

    /// Returns the algorithm that the key names, or else the default algorithm of the key's type.
    ///
    /// - Throws: ``TokenKeyError`` that names the fault of the key.
    func algorithm() throws(TokenKeyError) -> TokenAlgorithm {
        guard d == nil, k == nil else { throw error("is a private key; a key set must hold only public keys") }
        do {
            switch (kty, crv) {
            case ("RSA", _): return try rsa(alg ?? "RS256")
            case ("EC", "P-256"):
                let key = try P256.Signing.PublicKey(x963Representation: point(ofSize: 32))
                return try named("ES256") { key.isValidSignature(try .init(rawRepresentation: $0), for: $1) }
            case ("EC", "P-384"):
                let key = try P384.Signing.PublicKey(x963Representation: point(ofSize: 48))
                return try named("ES384") { key.isValidSignature(try .init(rawRepresentation: $0), for: $1) }
            case ("EC", "P-521"):
                let key = try P521.Signing.PublicKey(x963Representation: point(ofSize: 66))
                return try named("ES512") { key.isValidSignature(try .init(rawRepresentation: $0), for: $1) }
            case ("OKP", "Ed25519"):
                let key = try Curve25519.Signing.PublicKey(rawRepresentation: bytes(of: x, "x"))
                return try named("EdDSA") { key.isValidSignature($0, for: $1) }
            default: throw error("has the curve \(crv ?? "(none)"); P-256, P-384, P-521 and Ed25519 are supported")
            }
        } catch let error as TokenKeyError {
            throw error
        } catch {
            throw self.error("is no key of its type: \(error)")
        }
    }

    /// Returns the only algorithm of a curve; throws if the key names another algorithm.
    private func named(
        _ name: String,
        check: @escaping @Sendable ([UInt8], [UInt8]) throws -> Bool
    ) throws(TokenKeyError) -> TokenAlgorithm {
        guard alg == nil || alg == name else { throw error("is for \(alg ?? ""), which does not match its curve") }
        return TokenAlgorithm(name, check: check)
    }

    /// Returns RSASSA-PKCS1-v1_5 or RSASSA-PSS (RFC 7518 sections 3.3 and 3.5); throws for keys below 2,048 bits.
    private func rsa(_ name: String) throws -> TokenAlgorithm {
        let key = try _RSA.Signing.PublicKey(n: bytes(of: n, "n"), e: bytes(of: e, "e"))
        guard key.keySizeInBits >= 2048 else { throw error("has \(key.keySizeInBits) bits; the minimum is 2048") }
        let padding: _RSA.Signing.Padding = name.hasPrefix("PS") ? .PSS : .insecurePKCS1v1_5
        func checking<Hash: HashFunction>(_: Hash.Type) -> TokenAlgorithm {
            TokenAlgorithm(name) { signature, signed in
                key.isValidSignature(
                    _RSA.Signing.RSASignature(rawRepresentation: signature),
                    for: Hash.hash(data: signed),
                    padding: padding
                )
            }
        }
        switch name {
        case "RS256", "PS256": return checking(SHA256.self)
        case "RS384", "PS384": return checking(SHA384.self)
        case "RS512", "PS512": return checking(SHA512.self)
        default: throw error("is for \(name), which is not supported for RSA")
        }
    }

    /// Returns the key as an uncompressed point of the curve (SEC 1 section 2.3.3).
    private func point(ofSize size: Int) throws(TokenKeyError) -> [UInt8] {
        let (x, y) = (try bytes(of: x, "x"), try bytes(of: y, "y"))
        guard x.count == size, y.count == size else { throw error("has coordinates that are not \(size) bytes long") }
        return [4] + x + y
    }

    private func bytes(of member: String?, _ name: String) throws(TokenKeyError) -> [UInt8] {
        guard let bytes = member.flatMap({ Base64URL.decode($0) }), !bytes.isEmpty else {
            throw error("has no base64url in \(name)")
        }
        return bytes
    }

    private func error(_ message: String) -> TokenKeyError {
        TokenKeyError("the key \(kid ?? "(without kid)") \(message)")
    }
}

/// A key set (RFC 7517 section 5).
struct PublicKeySet: Decodable {
    let keys: [PublicKey]
}
