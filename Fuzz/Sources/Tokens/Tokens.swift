// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import Crypto
internal import FoundationEssentials
internal import FuzzSupport
@_spi(Server) internal import LiveProgressHTTP

@testable internal import LiveProgressServer

/// Checks one input: a token as text after the line `raw`, or the parts of a token; see ``Recipe``.
public func checkInput(_ bytes: [UInt8]) {
    let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
    let rest = bytes.dropFirst(line.count + 1)
    if line.elementsEqual("raw".utf8) {
        checkStranger(String(decoding: rest, as: UTF8.self))
    } else {
        Recipe(String(decoding: line, as: UTF8.self), rest, keys: .known).check()
    }
}

/// Checks that an untrusted token is accepted only if a key has signed it, which this function verifies again.
private func checkStranger(_ token: String) {
    let keys = Keys.known
    do throws(TokenError) {
        _ = try keys.verifier.verify(token)
    } catch {
        return expect([.malformed, .badSignature, .forOthers].contains(error), "refused with \(error.reason)")
    }
    guard let dot = token.lastIndex(of: "."), let signature = Base64URL.decode(token[token.index(after: dot)...]) else {
        fail("took what has no signature: \(token)")
    }
    let input = Data(token[..<dot].utf8)
    // Ed25519 signatures are deterministic (RFC 8032 section 5.1.6), as hashes are.
    let isSigned = keys.signers.values.contains { (try? $0.signature(of: input)) == signature }
    expect(isSigned, "accepted a token that no key signed: \(token)")
}

/// The keys of the checked server, and of the signers.
struct Keys: Sendable {
    /// The time of every check, in seconds since 1970.
    static let now = 1_800_000_000.0
    static let issuer = "https://id.example"
    static let audience = "progress"

    /// The server's own keys, with the newest last, and the key of the key set.
    let own: [TokenKey]
    let foreign: TokenKey
    /// The signing algorithms, by the name of the key that verifies them.
    let signers: [String: TokenAlgorithm]
    /// Algorithms that sign with a public secret, or with a secret that the server does not know.
    let forgers: [String: TokenAlgorithm]

    var all: TokenKeys { TokenKeys(own: own, foreign: [foreign]) }
    var verifier: TokenVerifier { TokenVerifier(keys: all, issuer: Self.issuer, audience: Self.audience) }

    /// Returns the name of the algorithm of a key.
    func algorithm(of name: String) -> String? { all.keys[name]?.algorithm.name }

    static let known = Keys()

    private init() {
        own = [
            Self.key("old HS256 \(Self.secret(1))"), Self.key("ed EdDSA \(Self.secret(3))"),
            Self.key("new HS256 \(Self.secret(2))"),
        ]
        foreign = Self.key(ofSet: Self.publicKey(4))
        var signers = Dictionary(uniqueKeysWithValues: own.map { ($0.id, $0.algorithm) })
        signers["theirs"] = Self.key("theirs EdDSA \(Self.secret(4))").algorithm
        self.signers = signers
        forgers = [
            "public": TokenAlgorithm.hs256(secret: Self.publicKey(3)),
            "public-theirs": TokenAlgorithm.hs256(secret: Self.publicKey(4)),
            "stranger": TokenAlgorithm.hs256(secret: [UInt8](repeating: 9, count: 32)),
            "stranger-ed": Self.key("x EdDSA \(Self.secret(9))").algorithm,
        ]
    }

    private static func secret(_ byte: UInt8) -> String { Base64URL.encode([UInt8](repeating: byte, count: 32)) }

    private static func publicKey(_ byte: UInt8) -> [UInt8] {
        guard let pair = try? Curve25519.Signing.PrivateKey(rawRepresentation: [UInt8](repeating: byte, count: 32))
        else { fail("no key of \(byte)") }
        return Array(pair.publicKey.rawRepresentation)
    }

    private static func key(_ line: String) -> TokenKey {
        guard let secret = try? OwnKey(line: line[...]), let key = try? TokenKey(secret: secret) else {
            fail("no key: \(line)")
        }
        return key
    }

    private static func key(ofSet bytes: [UInt8]) -> TokenKey {
        let text =
            #"{"kty":"OKP","crv":"Ed25519","kid":"theirs","alg":"EdDSA","x":"\#(Base64URL.encode(bytes))"}"#
        guard let set = try? JSONDecoder().decode(PublicKey.self, from: Data(text.utf8)), let key = try? TokenKey(set)
        else { fail("no key: \(text)") }
        return key
    }
}
