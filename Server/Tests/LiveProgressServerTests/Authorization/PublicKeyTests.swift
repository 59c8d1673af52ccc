// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Crypto
import CryptoExtras
import FoundationEssentials
import Testing

@testable import LiveProgressServer

@Suite("Public keys of a key set")
struct PublicKeyTests {
    private static let signed = Array("header.claims".utf8)

    /// A public key as JSON, and a signature of ``signed`` by its private key.
    struct Signed: Sendable, CustomTestStringConvertible {
        let algorithm: String
        let members: [String: String]
        let signature: [UInt8]

        var testDescription: String { algorithm }
    }

    private static func curve(_ name: String, _ algorithm: String, _ point: Data, _ signature: Data) -> Signed {
        let half = (point.count - 1) / 2
        let members = [
            "kty": "EC", "crv": name, "kid": "k", "x": Base64URL.encode(point.dropFirst().prefix(half)),
            "y": Base64URL.encode(point.suffix(half)),
        ]
        return Signed(algorithm: algorithm, members: members, signature: Array(signature))
    }

    private static func rsa(_ key: _RSA.Signing.PrivateKey, _ algorithm: String) throws -> Signed {
        let primitives = try key.publicKey.getKeyPrimitives()
        let members = [
            "kty": "RSA", "kid": "k", "alg": algorithm, "n": Base64URL.encode(primitives.modulus),
            "e": Base64URL.encode(primitives.publicExponent),
        ]
        let padding: _RSA.Signing.Padding = algorithm.hasPrefix("PS") ? .PSS : .insecurePKCS1v1_5
        let signature =
            switch algorithm.suffix(3) {
            case "256": try key.signature(for: SHA256.hash(data: signed), padding: padding)
            case "384": try key.signature(for: SHA384.hash(data: signed), padding: padding)
            default: try key.signature(for: SHA512.hash(data: signed), padding: padding)
            }
        return Signed(algorithm: algorithm, members: members, signature: Array(signature.rawRepresentation))
    }

    private static let keys: [Signed] = {
        do {
            let (p256, p384, p521) = (P256.Signing.PrivateKey(), P384.Signing.PrivateKey(), P521.Signing.PrivateKey())
            let ed25519 = Curve25519.Signing.PrivateKey()
            let members = [
                "kty": "OKP", "crv": "Ed25519", "kid": "k", "x": Base64URL.encode(ed25519.publicKey.rawRepresentation),
            ]
            let rsa = try _RSA.Signing.PrivateKey(keySize: .bits2048)
            return [
                curve(
                    "P-256",
                    "ES256",
                    p256.publicKey.x963Representation,
                    try p256.signature(for: signed).rawRepresentation
                ),
                curve(
                    "P-384",
                    "ES384",
                    p384.publicKey.x963Representation,
                    try p384.signature(for: signed).rawRepresentation
                ),
                curve(
                    "P-521",
                    "ES512",
                    p521.publicKey.x963Representation,
                    try p521.signature(for: signed).rawRepresentation
                ),
                Signed(algorithm: "EdDSA", members: members, signature: Array(try ed25519.signature(for: signed))),
            ] + (try ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"].map { try Self.rsa(rsa, $0) })
        } catch {
            fatalError("the keys of the test cannot be created: \(error)")
        }
    }()

    private func key(_ members: [String: String]) throws -> PublicKey {
        try JSONDecoder().decode(PublicKey.self, from: JSONEncoder().encode(members))
    }

    @Test("A key accepts only signatures of its own algorithm", arguments: keys)
    func signatures(_ signed: Signed) throws {
        let key = try key(signed.members)
        #expect(key.isForTokens)
        let algorithm = try key.algorithm()
        #expect(algorithm.name == signed.algorithm)
        #expect(algorithm.isSignature(signed.signature, of: Self.signed))
        #expect(!algorithm.isSignature(signed.signature, of: Self.signed + [0]))
        #expect(!algorithm.isSignature(signed.signature.dropLast() + [signed.signature.last! ^ 1], of: Self.signed))
        #expect(!algorithm.isSignature([], of: Self.signed))
        for other in Self.keys where other.algorithm != signed.algorithm {
            #expect(!algorithm.isSignature(other.signature, of: Self.signed), "a signature of \(other.algorithm)")
        }
        #expect(throws: TokenKeyError.self) { try algorithm.signature(of: Self.signed) }
    }

    @Test("A key without an algorithm uses the default algorithm of its type")
    func usualAlgorithm() throws {
        for (signed, usual) in [(Self.keys[0], "ES256"), (Self.keys[3], "EdDSA"), (Self.keys[5], "RS256")] {
            var members = signed.members
            members["alg"] = nil
            #expect(try key(members).algorithm().name == usual)
        }
    }

    @Test("The error for an invalid key names the problem")
    func mistakes() throws {
        let (ec, okp, rsa) = (Self.keys[0].members, Self.keys[3].members, Self.keys[4].members)
        let rows: [(base: [String: String], member: String, value: String?, words: String)] = [
            (ec, "d", "AAAA", "private key"), (okp, "d", "AAAA", "private key"), (rsa, "d", "AAAA", "private key"),
            (rsa, "k", "AAAA", "private key"),
            (ec, "x", nil, "no base64url in x"), (ec, "y", "", "no base64url in y"),
            (ec, "x", "!!!!", "no base64url in x"), (ec, "x", "AAAA", "coordinates"),
            (ec, "x", Base64URL.encode([UInt8](repeating: 1, count: 32)), "no key of its type"),
            (ec, "crv", "secp256k1", "secp256k1"), (ec, "crv", nil, "(none)"),
            (ec, "alg", "ES384", "is for ES384"), (ec, "alg", "HS256", "is for HS256"),
            (okp, "crv", "X25519", "X25519"), (okp, "x", "AAAA", "no key of its type"),
            (okp, "alg", "none", "is for none"),
            (rsa, "n", nil, "no base64url in n"), (rsa, "e", "=", "no base64url in e"),
            (rsa, "alg", "HS256", "is for HS256"), (rsa, "alg", "RS1", "is for RS1"),
        ]
        for row in rows {
            var members = row.base
            members[row.member] = row.value
            let key = try key(members)
            let error = #expect(throws: TokenKeyError.self, "\(row)") { try key.algorithm() }
            #expect(error?.description.contains(row.words) == true, "\(row): \(error?.description ?? "")")
        }
    }

    @Test(
        "Keys for encryption and keys of unknown types are ignored",
        arguments: [["use": "enc"], ["kty": "oct"], ["kty": "AKP"]]
    )
    func others(_ change: [String: String]) throws {
        #expect(try !key(Self.keys[4].members.merging(change) { $1 }).isForTokens)
    }
}
