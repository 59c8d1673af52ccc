// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOHTTP1

// The fields of both ends' handshakes are taken apart and compared by their bytes: a long run of combining marks is one
// `Character`, and to compare it takes time that grows with the square of its length.

extension HTTPHeaders {
    /// The elements of a field that is a list, without the white space round them.
    func elements(of name: String) -> [Substring] {
        self[name].flatMap { value in
            value.utf8.split(separator: UInt8(ascii: ",")).map { element in
                let start = element.firstIndex { !Self.isSpace($0) } ?? element.endIndex
                let end = element.lastIndex { !Self.isSpace($0) }.map { element.index(after: $0) } ?? start
                return Substring(element[start..<end])
            }
        }
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}

extension StringProtocol {
    /// Whether it is the same as another, byte for byte.
    func hasBytes(of other: some StringProtocol) -> Bool {
        utf8.elementsEqual(other.utf8)
    }

    /// Whether it is a name, given in small letters, however it is written.
    func isOption(_ option: String) -> Bool {
        lowercased().hasBytes(of: option)
    }
}
