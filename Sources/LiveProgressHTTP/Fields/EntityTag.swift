// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressGrammar

/// An entity tag (RFC 9110, section 8.8.3): a cursor in quotes.
struct EntityTag: Hashable {
    /// The text between the quotes.
    let value: String
    /// Whether the tag has the prefix `W/`; a weak tag never matches in a strong comparison.
    let isWeak: Bool

    init(_ value: String, isWeak: Bool = false) {
        self.value = value
        self.isWeak = isWeak
    }

    /// Creates the tag of the snapshot at a cursor.
    init(_ cursor: ProgressCursor) {
        self.init(cursor.description)
    }

    /// The text of the tag in a header field.
    var fieldValue: String { isWeak ? "W/\"\(value)\"" : "\"\(value)\"" }
}

/// The condition of an `If-Match` or `If-None-Match` field (RFC 9110, section 13.1).
enum TagCondition: Equatable {
    /// `*`: any existing operation.
    case any
    /// One of these tags.
    case tags([EntityTag])

    /// Parses the field; `nil` if the field is neither `*` nor a list of quoted tags.
    init?(_ text: String) {
        var scanner = FieldScanner(text)
        scanner.skipCommas()
        if scanner.take("*") {
            scanner.skipSpace()
            guard scanner.isAtEnd else { return nil }
            self = .any
            return
        }
        var tags: [EntityTag] = []
        while !scanner.isAtEnd {
            var isWeak = false
            if scanner.take("W") {
                guard scanner.take("/") else { return nil }
                isWeak = true
            }
            guard let value = scanner.opaqueTag(), scanner.skipCommas() else { return nil }
            tags.append(EntityTag(value, isWeak: isWeak))
        }
        guard !tags.isEmpty else { return nil }
        self = .tags(tags)
    }

    /// Returns whether the condition matches a cursor by the weak comparison of `If-None-Match`.
    func matchesWeakly(_ cursor: ProgressCursor) -> Bool {
        switch self {
        case .any: true
        case .tags(let tags): tags.contains { $0.value.hasBytes(of: cursor.description) }
        }
    }

    /// Returns whether the condition matches a cursor by the strong comparison of `If-Match`.
    func matchesStrongly(_ cursor: ProgressCursor) -> Bool {
        switch self {
        case .any: true
        case .tags(let tags): tags.contains { !$0.isWeak && $0.value.hasBytes(of: cursor.description) }
        }
    }
}
