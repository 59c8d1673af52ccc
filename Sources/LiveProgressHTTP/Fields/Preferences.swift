// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar

/// What a client would prefer: the `Prefer` field (RFC 7240), as far as it is heeded here.
///
/// A preference that is unknown or cannot be read is ignored, as the RFC asks; of a repeated one the first counts.
struct Preferences: Equatable {
    /// What the answer to a change should hold.
    enum Representation: String {
        /// The new snapshot.
        case representation
        /// Nothing but its tag.
        case minimal
    }

    /// `wait=N`: seconds for which the answer may be held back.
    private(set) var wait: Int?
    /// `return=…`: what to answer to a change.
    private(set) var representation: Representation?

    /// Reads the field.
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
            // A number beyond all bounds is a wish for the longest wait there is, not nonsense.
            let isNumber = !value.isEmpty && ByteSet.digit.containsAll(of: value.utf8)
            wait = isNumber ? Int(value) ?? Int.max : nil
        case "return":
            // Only a text as short as those that are known is compared.
            representation = value.utf8.count > 32 ? nil : Representation(rawValue: value.lowercased())
        default:
            break
        }
    }
}
