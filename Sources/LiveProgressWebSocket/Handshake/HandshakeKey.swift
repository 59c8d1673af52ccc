// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The `Sec-WebSocket-Key` of a handshake: 16 random bytes in base64, RFC 6455 section 4.1.
public struct HandshakeKey: Sendable, Hashable {
    /// What a server adds to the key, section 1.3.
    private static let suffix = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    /// The key as it stands in the header.
    public let text: String

    /// A fresh key of 16 random bytes.
    public init() {
        text = Base64.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) })
    }

    /// A key received, or `nil` where the text is not the base64 of 16 bytes.
    public init?(_ text: some StringProtocol) {
        var text = String(text)
        guard text.withUTF8({ Base64.isSixteenBytes($0) }) else { return nil }
        self.text = text
    }

    /// What the server must answer as `Sec-WebSocket-Accept`, section 4.2.2.
    public var accept: String {
        Base64.encode(SHA1.hash(Array(text.utf8) + Self.suffix.utf8))
    }
}

/// The little of base64 (RFC 4648 section 4) that the handshake needs.
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        let count = (bytes.count + 2) / 3 * 4
        return String(unsafeUninitializedCapacity: count) { text in
            for start in stride(from: 0, to: bytes.count, by: 3) {
                let group = bytes[start..<min(start + 3, bytes.count)]
                let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
                for place in 0..<4 {
                    let letter = letter(for: UInt8(truncatingIfNeeded: bits >> UInt32(18 - 6 * place)) & 0x3F)
                    let isPadding = place > group.count
                    text.initializeElement(at: start / 3 * 4 + place, to: isPadding ? UInt8(ascii: "=") : letter)
                }
            }
            return count
        }
    }

    /// 16 bytes are 22 letters, of which the last has four bits to spare, and two signs of padding.
    static func isSixteenBytes(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        text.count == 24 && text.suffix(2).elementsEqual("==".utf8) && text.prefix(22).allSatisfy(isLetter)
    }

    private static func letter(for value: UInt8) -> UInt8 {
        switch value {
        case ..<26: value + UInt8(ascii: "A")
        case ..<52: value - 26 + UInt8(ascii: "a")
        case ..<62: value - 52 + UInt8(ascii: "0")
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        default: false
        }
    }
}
