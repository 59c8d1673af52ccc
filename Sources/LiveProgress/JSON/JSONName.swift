// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The name of a member; names are compared by code points, as in JSON.
///
/// Swift compares strings by canonical equivalence. Two names that are different in JSON could be equal, and long runs
/// of combining marks would make look-ups slow.
struct JSONName: Sendable {
    let text: String
}

extension JSONName: Hashable {
    static func == (one: JSONName, other: JSONName) -> Bool {
        // The lengths are compared first, because they are stored, and most different names differ in length.
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
