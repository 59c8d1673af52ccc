// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A scanner of header field values (RFC 9110, section 5.6), from left to right.
package struct FieldScanner {
    private let bytes: [UInt8]
    private var position = 0

    /// Creates a scanner at the start of a field value.
    package init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Whether everything has been read.
    package var isAtEnd: Bool { position == bytes.count }

    /// The next byte, or `nil` at the end.
    private var next: UInt8? { isAtEnd ? nil : bytes[position] }

    /// Skips spaces and tabs.
    package mutating func skipSpace() {
        while let byte = next, FieldList.isSpace(byte) { position += 1 }
    }

    /// Skips the rest of a list element, malformed or not, and the commas after it.
    ///
    /// - Returns: Whether nothing of the element was left, so that the element is well-formed.
    @discardableResult
    package mutating func finishElement() -> Bool {
        if skipCommas() { return true }
        skipElement()
        skipCommas()
        return false
    }

    /// Skips all bytes up to the next comma outside of a quoted string.
    private mutating func skipElement() {
        // If one quoted string has no end, a quoted string that begins later in it has no end either.
        var hasEnds = true
        while let byte = next, byte != UInt8(ascii: ",") {
            if hasEnds, byte == UInt8(ascii: "\"") {
                if quotedString() != nil { continue }
                hasEnds = false
            }
            position += 1
        }
    }

    /// Skips commas and the space around them; a list may have empty elements.
    ///
    /// - Returns: Whether a comma or the end was found, so that the element before is complete.
    @discardableResult
    package mutating func skipCommas() -> Bool {
        skipSpace()
        var isSeparated = isAtEnd
        while take(",") {
            isSeparated = true
            skipSpace()
        }
        return isSeparated
    }

    /// Reads a given character if it is next; returns whether it was.
    package mutating func take(_ mark: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: mark) else { return false }
        position += 1
        return true
    }

    /// Reads a given character and the space around it; without the character, reads only the space before it.
    package mutating func take(_ mark: Unicode.Scalar, amidSpace: Bool) -> Bool {
        skipSpace()
        guard take(mark) else { return false }
        skipSpace()
        return true
    }

    /// Reads a token; returns `nil` and reads nothing if no token starts here.
    package mutating func token() -> String? {
        let start = position
        let set = ByteSet.token
        while let byte = next, set.contains(byte) { position += 1 }
        return start == position ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Reads a quoted string and decodes its escapes; returns `nil` and reads nothing without a complete string.
    package mutating func quotedString() -> String? {
        guard next == UInt8(ascii: "\"") else { return nil }
        var text: [UInt8] = []
        var index = position + 1
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                position = index + 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\") where index + 1 < bytes.count:
                text.append(bytes[index + 1])
                index += 2
            default:
                text.append(bytes[index])
                index += 1
            }
        }
        return nil
    }

    /// Reads an opaque tag in quotes, in which a backslash has no special meaning (RFC 9110, section 8.8.3).
    package mutating func opaqueTag() -> String? {
        guard next == UInt8(ascii: "\""),
            let end = bytes[(position + 1)...].firstIndex(of: UInt8(ascii: "\""))
        else { return nil }
        let tag = bytes[(position + 1)..<end]
        guard tag.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { return nil }
        position = end + 1
        return String(decoding: tag, as: UTF8.self)
    }

    /// Reads a token or a quoted string.
    package mutating func word() -> String? {
        quotedString() ?? token()
    }

    /// Reads `=value`; returns an empty text without a value.
    package mutating func value() -> String {
        take("=", amidSpace: true) ? word() ?? "" : ""
    }

    /// Reads `;name=value` parameters, names in lower case.
    ///
    /// A parameter without a value gets an empty value.
    package mutating func parameters() -> [(name: String, value: String)] {
        var result: [(name: String, value: String)] = []
        while take(";", amidSpace: true) {
            guard let name = token() else { continue }
            result.append((name.lowercased(), value()))
        }
        return result
    }
}
