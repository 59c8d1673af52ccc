// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar

/// The preferences of the `Prefer` field (RFC 7240) that the API supports.
///
/// Unknown and malformed preferences are ignored, as RFC 7240 requires. The first of repeated preferences counts.
struct Preferences: Equatable {
    /// The content of the response to a change.
    enum Representation: String {
        /// The new snapshot.
        case representation
        /// The snapshot's tag alone.
        case minimal
    }

    /// `wait=N`: the longest delay of the response, in seconds.
    private(set) var wait: Int?
    /// `return=…`: the content of the response to a change.
    private(set) var representation: Representation?
    /// `durable`: the response to a change comes after its commit; a preference of this API.
    private(set) var isDurable = false

    /// Parses the field.
    init(_ text: String?) {
        var scanner = FieldScanner(text ?? "")
        var seen: Set<String> = []
        scanner.skipCommas()
        while !scanner.isAtEnd {
            let name = scanner.token()?.lowercased()
            let value = scanner.value()
            _ = scanner.parameters()
            if scanner.finishElement(), let name, seen.insert(name).inserted {
                set(name, value)
            }
        }
    }

    private mutating func set(_ name: String, _ value: String) {
        switch name {
        case "wait":
            // A number that is too large for `Int` is valid: the client wants the longest possible wait.
            let isNumber = !value.isEmpty && ByteSet.digit.containsAll(of: value.utf8)
            wait = isNumber ? Int(value) ?? Int.max : nil
        case "return":
            // The length limit keeps a long text from being copied and compared.
            representation = value.utf8.count > 32 ? nil : Representation(rawValue: value.lowercased())
        case "durable":
            isDurable = true
        default:
            break
        }
    }
}
