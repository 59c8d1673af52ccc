// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The functions that read list-valued header fields (RFC 9110 section 5.6.1), such as `Connection`.
///
/// Empty elements of a list are ignored.
///
/// Fields are split and compared by bytes: a long run of combining marks is one `Character`, and comparing it takes
/// quadratic time in its length.
package enum FieldList {
    /// Returns the elements between commas outside of quoted strings, without the white space around them.
    ///
    /// A quoted string without an end extends to the end of the text.
    package static func elements(_ text: String) -> [Substring] {
        var isQuoted = false
        var isEscaped = false
        let parts = text.utf8.split { byte in
            if byte == UInt8(ascii: "\""), !isEscaped { isQuoted.toggle() }
            isEscaped = byte == UInt8(ascii: "\\") && isQuoted && !isEscaped
            return byte == UInt8(ascii: ",") && !isQuoted
        }
        return parts.map { Substring(trimmed($0)) }.filter { !$0.isEmpty }
    }

    /// Returns whether a list has an element, given in lower case; ignores case, and splits at every comma.
    package static func lists(_ option: StaticString, in text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let element = rest.prefix { $0 != UInt8(ascii: ",") }
                if trimmed(element).matches(option) { return true }
                rest = rest[element.endIndex...].dropFirst()
            }
            return false
        }
    }

    private static func trimmed<Bytes: BidirectionalCollection<UInt8>>(_ element: Bytes) -> Bytes.SubSequence {
        var text = element.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }

    static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }

    /// Returns the tokens of a list; ignores malformed elements.
    package static func tokens(_ text: String?) -> [String] {
        guard let text else { return [] }
        var scanner = FieldScanner(text)
        var result: [String] = []
        scanner.skipCommas()
        while !scanner.isAtEnd {
            if let token = scanner.token() { result.append(token) }
            scanner.finishElement()
        }
        return result
    }

    /// Returns the tokens of a list that must contain only tokens, each once; otherwise returns `nil`.
    package static func distinctTokens(_ text: String?) -> [String]? {
        guard let text else { return [] }
        var scanner = FieldScanner(text)
        var result: [String] = []
        scanner.skipCommas()
        while !scanner.isAtEnd {
            guard let token = scanner.token(), scanner.skipCommas() else { return nil }
            result.append(token)
        }
        return Set(result).count == result.count ? result : nil
    }

    /// An entry of `Sec-WebSocket-Extensions`: a name with parameters, some of which have a value.
    package typealias Extension = (name: String, parameters: [(name: String, value: String?)])

    /// Returns the entries of a list of extensions (RFC 6455 section 9.1), or `nil` if the text breaks the grammar.
    ///
    /// A quoted value must be a token after its quotes are removed.
    package static func extensions(_ text: String?) -> [Extension]? {
        guard let text else { return [] }
        var scanner = FieldScanner(text)
        var entries: [Extension] = []
        scanner.skipCommas()
        while !scanner.isAtEnd {
            guard let name = scanner.token(), let parameters = scanner.extensionParameters(), scanner.skipCommas()
            else {
                return nil
            }
            entries.append((name, parameters))
        }
        return entries
    }
}

extension FieldScanner {
    fileprivate mutating func extensionParameters() -> [(name: String, value: String?)]? {
        var parameters: [(name: String, value: String?)] = []
        while take(";", amidSpace: true) {
            guard let name = token() else { return nil }
            var value: String?
            if take("=", amidSpace: true) {
                guard let text = word(), !text.isEmpty, ByteSet.token.containsAll(of: text.utf8) else { return nil }
                value = text
            }
            parameters.append((name, value))
        }
        return parameters
    }
}

extension String {
    /// Returns whether the text equals an ASCII name, given in lower case; ignores the case of the text.
    package func matches(_ name: StaticString) -> Bool {
        guard utf8.count == name.utf8CodeUnitCount else { return false }
        var text = self
        return text.withUTF8 { $0[...].matches(name) }
    }
}

extension Slice<UnsafeBufferPointer<UInt8>> {
    fileprivate func matches(_ name: StaticString) -> Bool {
        guard count == name.utf8CodeUnitCount else { return false }
        var letter = name.utf8Start
        for byte in self {
            let isCapital = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            guard (isCapital ? byte | 0x20 : byte) == letter.pointee else { return false }
            letter += 1
        }
        return true
    }
}
