// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials

#if NATS
    import Crypto
#endif

/// A key of a NATS user (an "nkey"): an Ed25519 key pair, written as a seed in base32 with a checksum.
///
/// The text of a value never contains the seed.
public struct NATSKey: Sendable, Hashable, CustomStringConvertible {
    /// The number of characters of a seed.
    static let seedLength = 58

    /// The public key, as the configuration of a server contains it, such as `UDXU4RCS…`.
    public let publicKey: String
    private let secret: [UInt8]

    /// The public key.
    public var description: String { publicKey }

    /// Reads a seed, such as `SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY`.
    ///
    /// - Throws: ``NATSError/Code/invalid`` if the text is not the seed of a user's key, or this build has no cryptography.
    public init(seed: String) throws(NATSError) {
        guard seed.utf8.count == Self.seedLength, let bytes = Base32.decode(seed), bytes.count == 36 else {
            throw NATSError(.invalid, "A key's seed has \(Self.seedLength) characters of base32, such as SUAM….")
        }
        let body = bytes.dropLast(2)
        guard CRC16.checksum(body) == UInt16(bytes[35]) << 8 | UInt16(bytes[34]) else {
            throw NATSError(.invalid, "The key's seed is damaged: its checksum does not match.")
        }
        // The first five bits are the prefix of a seed; the next eight bits are the kind of key.
        guard bytes[0] & 0xF8 == Self.seedPrefix, (bytes[0] & 0x07) << 5 | bytes[1] >> 3 == Self.userPrefix else {
            throw NATSError(.invalid, "This is the seed of another kind of key. Expected that of a user: SU….")
        }
        secret = Array(body.dropFirst(2))
        publicKey = try Self.publicKey(of: secret)
    }

    private static let seedPrefix: UInt8 = 18 << 3
    private static let userPrefix: UInt8 = 20 << 3

    #if NATS
        private static func publicKey(of secret: [UInt8]) throws(NATSError) -> String {
            guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: secret) else {
                throw NATSError(.invalid, "The key's seed is not an Ed25519 key.")
            }
            var bytes = [userPrefix] + key.publicKey.rawRepresentation
            let checksum = CRC16.checksum(bytes[...])
            bytes += [UInt8(truncatingIfNeeded: checksum), UInt8(truncatingIfNeeded: checksum >> 8)]
            return Base32.encode(bytes)
        }

        /// Returns the signature of a server's challenge, in base64url without padding.
        func signature(of nonce: String) throws(NATSError) -> String {
            guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: secret),
                let signature = try? key.signature(for: Data(nonce.utf8))
            else { throw NATSError(.invalid, "The key cannot sign the server's challenge.") }
            return signature.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
                "=",
                with: ""
            )
        }
    #else
        private static func publicKey(of secret: [UInt8]) throws(NATSError) -> String { throw unavailable }

        func signature(of nonce: String) throws(NATSError) -> String { throw Self.unavailable }

        private static var unavailable: NATSError {
            NATSError(.invalid, "This build has no cryptography for keys: build it with the package trait NATS.")
        }
    #endif
}

/// The base32 of RFC 4648, section 6, without padding.
enum Base32 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

    static func decode(_ text: String) -> [UInt8]? {
        var bits: UInt32 = 0
        var count = 0
        var bytes: [UInt8] = []
        for character in text.utf8 {
            guard let value = alphabet.firstIndex(of: character) else { return nil }
            bits = bits << 5 | UInt32(value)
            count += 5
            guard count >= 8 else { continue }
            count -= 8
            bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return bytes
    }

    static func encode(_ bytes: [UInt8]) -> String {
        var bits: UInt32 = 0
        var count = 0
        var text: [UInt8] = []
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 5 {
                count -= 5
                text.append(alphabet[Int(bits >> UInt32(count) & 31)])
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << UInt32(5 - count) & 31)]) }
        return String(decoding: text, as: UTF8.self)
    }
}

/// The checksum of keys: CRC-16/XMODEM, with the polynomial 0x1021.
enum CRC16 {
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        bytes.reduce(into: UInt16(0)) { checksum, byte in
            checksum ^= UInt16(byte) << 8
            for _ in 0..<8 { checksum = checksum & 0x8000 == 0 ? checksum << 1 : checksum << 1 ^ 0x1021 }
        }
    }
}
