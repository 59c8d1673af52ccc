// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import NIOHTTP1

/// Fields that are lists (RFC 9110 section 5.6.1), such as `Connection`.
///
/// They are taken apart and compared by their bytes: a long run of combining marks is one `Character`, and to compare
/// it takes time that grows with the square of its length.
enum FieldList {
    /// The elements of a value, without the white space round them.
    static func elements(of value: String) -> [Substring] {
        value.utf8.split(separator: UInt8(ascii: ",")).map { element in
            let start = element.firstIndex { !isSpace($0) } ?? element.endIndex
            let end = element.lastIndex { !isSpace($0) }.map { element.index(after: $0) } ?? start
            return Substring(element[start..<end])
        }
    }

    /// Whether a value has an element, given in small letters, however it is written.
    static func lists(_ option: StaticString, in value: String) -> Bool {
        var value = value
        return value.withUTF8 { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let element = rest.prefix { $0 != UInt8(ascii: ",") }
                var trimmed = element.drop(while: isSpace)
                while let last = trimmed.last, isSpace(last) { trimmed.removeLast() }
                if trimmed.isOption(option) { return true }
                rest = rest[element.endIndex...].dropFirst()
            }
            return false
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}

extension HTTPHeaders {
    /// The elements of all fields of a name, without the white space round them.
    func elements(of name: String) -> [Substring] {
        self[name].flatMap(FieldList.elements(of:))
    }

    /// Whether a field of the name has an element; both are given in small letters.
    package func lists(_ option: StaticString, in name: StaticString) -> Bool {
        contains { field in
            var fieldName = field.name
            return fieldName.withUTF8 { $0.isOption(name) } && FieldList.lists(option, in: field.value)
        }
    }
}

extension StringProtocol {
    /// Whether it is the same as another, byte for byte.
    func hasBytes(of other: some StringProtocol) -> Bool {
        utf8.elementsEqual(other.utf8)
    }
}

extension Collection<UInt8> {
    /// Whether the bytes are a name of ASCII, given in small letters, however they are written.
    func isOption(_ option: StaticString) -> Bool {
        let expected = UnsafeBufferPointer(start: option.utf8Start, count: option.utf8CodeUnitCount)
        guard count == expected.count else { return false }
        return zip(self, expected).allSatisfy { byte, letter in
            byte == letter || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) && byte | 0x20 == letter
        }
    }
}
