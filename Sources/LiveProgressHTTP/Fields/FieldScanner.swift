// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Reads the pieces that header field values are made of (RFC 9110, section 5.6), from left to right.
struct FieldScanner {
    private let bytes: [UInt8]
    private var position = 0

    /// A scanner at the start of a field value.
    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Whether everything has been read.
    var isAtEnd: Bool { position == bytes.count }

    /// The byte that would be read next.
    var next: UInt8? { isAtEnd ? nil : bytes[position] }

    /// Passes over spaces and tabs.
    mutating func skipSpace() {
        while let byte = next, byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { position += 1 }
    }

    /// Passes over everything up to the next comma outside of a quoted string: one broken element of a list.
    mutating func skipElement() {
        // Where one quoted string has no end, those that would begin within it have none either.
        var hasEnds = true
        while let byte = next, byte != UInt8(ascii: ",") {
            if hasEnds, byte == UInt8(ascii: "\"") {
                if quotedString() != nil { continue }
                hasEnds = false
            }
            position += 1
        }
    }

    /// Passes over commas and the space around them; a list may have empty elements.
    ///
    /// - Returns: Whether a comma was there or nothing follows: the element before is complete.
    @discardableResult
    mutating func skipCommas() -> Bool {
        skipSpace()
        var isSeparated = isAtEnd
        while take(UInt8(ascii: ",")) {
            isSeparated = true
            skipSpace()
        }
        return isSeparated
    }

    /// Reads one given byte, if it is next.
    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }

    /// Reads a token, or nothing where none starts here.
    mutating func token() -> String? {
        let start = position
        while let byte = next, Self.isTokenByte(byte) { position += 1 }
        return start == position ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Reads a quoted string and undoes its escapes, or reads nothing where none starts here or it has no end.
    mutating func quotedString() -> String? {
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

    /// Reads an opaque tag with its quotes, in which a backslash is a character like others (RFC 9110, section 8.8.3).
    mutating func opaqueTag() -> String? {
        guard next == UInt8(ascii: "\""),
            let end = bytes[(position + 1)...].firstIndex(of: UInt8(ascii: "\""))
        else { return nil }
        let tag = bytes[(position + 1)..<end]
        guard tag.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { return nil }
        position = end + 1
        return String(decoding: tag, as: UTF8.self)
    }

    /// Reads a token or a quoted string.
    mutating func word() -> String? {
        quotedString() ?? token()
    }

    /// Reads `;name=value` parameters, names in lower case.
    ///
    /// Those without a value get an empty one.
    mutating func parameters() -> [(name: String, value: String)] {
        var result: [(name: String, value: String)] = []
        while true {
            skipSpace()
            guard take(UInt8(ascii: ";")) else { return result }
            skipSpace()
            guard let name = token() else { continue }
            var value = ""
            skipSpace()
            if take(UInt8(ascii: "=")) {
                skipSpace()
                value = word() ?? ""
            }
            result.append((name.lowercased(), value))
        }
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default:
            "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

extension FieldScanner {
    /// The tokens of a comma-separated list, such as those of `Connection` and `Sec-WebSocket-Protocol`.
    static func tokens(_ text: String?) -> [String] {
        guard let text else { return [] }
        var scanner = FieldScanner(text)
        var result: [String] = []
        scanner.skipCommas()
        while !scanner.isAtEnd {
            if let token = scanner.token() { result.append(token) }
            if !scanner.skipCommas() {
                scanner.skipElement()
                scanner.skipCommas()
            }
        }
        return result
    }

    /// The tokens of a list that must hold nothing else, and none of them twice; `nil` where it does.
    static func distinctTokens(_ text: String?) -> [String]? {
        var scanner = FieldScanner(text ?? "")
        var result: [String] = []
        scanner.skipCommas()
        while !scanner.isAtEnd {
            guard let token = scanner.token(), scanner.skipCommas() else { return nil }
            result.append(token)
        }
        return Set(result).count == result.count ? result : nil
    }

    /// Whether a list of extensions keeps to RFC 6455 section 9.1: names with parameters, whose values are tokens even in quotes.
    static func isExtensionList(_ text: String?) -> Bool {
        var scanner = FieldScanner(text ?? "")
        scanner.skipCommas()
        while !scanner.isAtEnd {
            guard scanner.token() != nil, scanner.skipExtensionParameters(), scanner.skipCommas() else { return false }
        }
        return true
    }

    /// Passes over parameters of an extension; `false` where one of them is none.
    private mutating func skipExtensionParameters() -> Bool {
        skipSpace()
        while take(UInt8(ascii: ";")) {
            skipSpace()
            guard token() != nil else { return false }
            skipSpace()
            if take(UInt8(ascii: "=")) {
                skipSpace()
                guard let value = word(), !value.isEmpty, value.utf8.allSatisfy(Self.isTokenByte) else { return false }
            }
            skipSpace()
        }
        return true
    }
}
