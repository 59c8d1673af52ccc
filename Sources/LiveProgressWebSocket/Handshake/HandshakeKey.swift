// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The `Sec-WebSocket-Key` of a handshake: 16 random bytes in base64, RFC 6455 section 4.1.
public struct HandshakeKey: Sendable, Hashable {
    /// The key as it stands in the header.
    public let text: String

    /// A fresh key of 16 random bytes.
    public init() {
        text = Base64.encode((0..<16).map { _ in UInt8.random(in: .min ... .max) })
    }

    /// A key received, or `nil` where the text is not the base64 of 16 bytes.
    public init?(_ text: some StringProtocol) {
        guard Base64.isSixteenBytes(text.utf8) else { return nil }
        self.text = String(text)
    }

    /// What the server must answer as `Sec-WebSocket-Accept`, section 4.2.2.
    public var accept: String {
        Base64.encode(SHA1.hash(Array((text + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }
}

/// The little of base64 (RFC 4648 section 4) that the handshake needs.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> String {
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
            for place in 0..<4 {
                let letter = alphabet[Int(bits >> UInt32(18 - 6 * place) & 0x3F)]
                text.append(place <= group.count ? letter : UInt8(ascii: "="))
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// 16 bytes are 22 letters, of which the last has four bits to spare, and two signs of padding.
    static func isSixteenBytes(_ text: some Collection<UInt8>) -> Bool {
        text.count == 24 && text.suffix(2).elementsEqual("==".utf8) && text.prefix(22).allSatisfy(alphabet.contains)
    }
}
