// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Crypto

/// A secret of the server, as one line of its secret file: `NAME ALGORITHM SECRET`.
struct OwnKey: Sendable, Equatable {
    /// The algorithm of the secret.
    enum Kind: String, CaseIterable {
        case hs256 = "HS256"
        case edDSA = "EdDSA"
    }

    let id: String
    let kind: Kind
    let bytes: [UInt8]

    /// Creates a random secret of 256 bits.
    init(kind: Kind = .hs256) {
        var random = SystemRandomNumberGenerator()
        bytes = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        id = Base64URL.encode((0..<6).map { _ in UInt8.random(in: .min ... .max, using: &random) })
        self.kind = kind
    }

    /// Parses a line; a single word is a secret for HS256, and the name is derived from the secret.
    ///
    /// - Throws: ``TokenKeyError`` that names the fault and does not contain the secret.
    init(line: Substring) throws(TokenKeyError) {
        let words = line.split(whereSeparator: \.isWhitespace)
        if words.count == 1 {
            kind = .hs256
            bytes = Array(words[0].utf8)
            id = Base64URL.encode(SHA256.hash(data: Array("kid:".utf8) + bytes).prefix(6))
        } else {
            guard words.count == 3 else { throw TokenKeyError("a line must be NAME ALGORITHM SECRET") }
            guard let kind = Kind.allCases.first(where: { $0.rawValue == words[1] }) else {
                throw TokenKeyError("an algorithm must be HS256 or EdDSA")
            }
            guard let bytes = Base64URL.decode(words[2]) else { throw TokenKeyError("a secret must be base64url") }
            (self.id, self.kind, self.bytes) = (String(words[0]), kind, bytes)
        }
        guard kind == .hs256 ? bytes.count >= 32 : bytes.count == 32 else {
            throw TokenKeyError("a secret must have \(kind == .hs256 ? "at least " : "")32 bytes")
        }
    }

    /// The line for the secret file.
    var line: String { "\(id) \(kind.rawValue) \(Base64URL.encode(bytes))" }
}
