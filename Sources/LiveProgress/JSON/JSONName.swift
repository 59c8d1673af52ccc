// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The name of a member, compared by its characters' code points as JSON has it.
///
/// Swift's strings compare by canonical equivalence: two names that JSON keeps apart would be one, and long runs of
/// combining marks would make looking up slow.
struct JSONName: Sendable {
    let text: String
}

extension JSONName: Hashable {
    static func == (one: JSONName, other: JSONName) -> Bool {
        // Most names that differ do so in their lengths, which are known.
        one.text.utf8.count == other.text.utf8.count && one.text.utf8.elementsEqual(other.text.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }
}

extension JSONName: CodingKey {
    var stringValue: String { text }
    var intValue: Int? { nil }

    init(stringValue: String) {
        text = stringValue
    }

    init?(intValue: Int) {
        return nil
    }
}
