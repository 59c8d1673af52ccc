// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressGrammar

/// An entity tag (RFC 9110, section 8.8.3): a cursor in quotes.
struct EntityTag: Hashable {
    /// What stands between the quotes.
    let value: String
    /// Whether it is marked with `W/`; such a tag never matches where bytes must be the same.
    let isWeak: Bool

    init(_ value: String, isWeak: Bool = false) {
        self.value = value
        self.isWeak = isWeak
    }

    /// The tag of the representation at a cursor.
    init(_ cursor: ProgressCursor) {
        self.init(cursor.description)
    }

    /// The tag as it stands in a header field.
    var fieldValue: String { isWeak ? "W/\"\(value)\"" : "\"\(value)\"" }
}

/// The condition of an `If-Match` or `If-None-Match` field (RFC 9110, section 13.1).
enum TagCondition: Equatable {
    /// `*`: anything that exists.
    case any
    /// One of these.
    case tags([EntityTag])

    /// Reads the field, or gives `nil` where it is no list of quoted tags.
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

    /// The weak comparison of `If-None-Match`.
    func matchesWeakly(_ cursor: ProgressCursor) -> Bool {
        switch self {
        case .any: true
        case .tags(let tags): tags.contains { $0.value.hasBytes(of: cursor.description) }
        }
    }

    /// The strong comparison of `If-Match`.
    func matchesStrongly(_ cursor: ProgressCursor) -> Bool {
        switch self {
        case .any: true
        case .tags(let tags): tags.contains { !$0.isWeak && $0.value.hasBytes(of: cursor.description) }
        }
    }
}
