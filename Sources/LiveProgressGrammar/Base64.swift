// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The functions of base64 (RFC 4648 section 4) that a WebSocket handshake needs.
package enum Base64 {
    private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// Returns the base64 text of bytes, with padding.
    package static func encode(_ bytes: [UInt8]) -> String {
        let count = (bytes.count + 2) / 3 * 4
        return String(unsafeUninitializedCapacity: count) { text in
            for start in stride(from: 0, to: bytes.count, by: 3) {
                let group = bytes[start..<min(start + 3, bytes.count)]
                let bits = group.reduce(UInt32(0)) { $0 << 8 | UInt32($1) } << UInt32(8 * (3 - group.count))
                for place in 0..<4 {
                    let letter = letters[Int(bits >> UInt32(18 - 6 * place) & 0x3F)]
                    let isPadding = place > group.count
                    text.initializeElement(at: start / 3 * 4 + place, to: isPadding ? UInt8(ascii: "=") : letter)
                }
            }
            return count
        }
    }

    /// Returns whether a text is the base64 of 16 bytes, as `Sec-WebSocket-Key` must be (RFC 6455 section 4.1).
    ///
    /// Such a text has 22 letters and two padding characters. The last letter has four unused bits, which may have any
    /// value.
    package static func isKey(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            bytes.count == 24 && bytes[22...].allSatisfy { $0 == UInt8(ascii: "=") }
                && ByteSet.base64.containsAll(of: bytes[..<22])
        }
    }
}
