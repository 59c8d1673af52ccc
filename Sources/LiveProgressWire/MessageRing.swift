// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// A ring of the texts of a journal's newest revisions.
///
/// A look-up is a remainder and a comparison. A held text keeps all texts in memory that were encoded with it. Their
/// number is less than the ring's capacity, or the ring holds all of them.
struct MessageRing: Sendable {
    typealias Text = ArraySlice<UInt8>

    /// The known texts of one revision.
    struct Slot: Sendable {
        let revision: UInt64
        /// The details, which are part of the message in every format.
        var details: Text?
        /// The message of the plain format, which is the same for every watcher.
        var plain: Text?
        /// The message of the full format that was encoded last.
        var full: (kind: FullKind, text: Text)?
    }

    /// The values in which full messages of one revision differ; a revision that has been read never changes.
    struct FullKind: Equatable, Sendable {
        private let kind: ProgressEvent.Kind
        private let skipped: UInt64
        private let resumed: Bool?

        init(_ event: ProgressEvent) {
            (kind, skipped, resumed) = (event.kind, event.skipped, event.resumed)
        }
    }

    private static let capacity: UInt64 = 32

    private var slots: ContiguousArray<Slot?> = []

    /// The known texts of a revision; a new revision replaces the one 32 revisions before it.
    subscript(revision: UInt64) -> Slot {
        get {
            guard !slots.isEmpty, let slot = slots[Self.place(of: revision)], slot.revision == revision else {
                return Slot(revision: revision)
            }
            return slot
        }
        set {
            if slots.isEmpty { slots = ContiguousArray(repeating: nil, count: Int(Self.capacity)) }
            slots[Self.place(of: revision)] = newValue
        }
    }

    /// Returns the message of an event in a format, or `nil` if the ring does not hold it.
    func message(_ event: ProgressEvent, as format: ProgressFormat) -> Text? {
        let slot = self[event.snapshot.revision]
        switch format {
        case .plain: return slot.plain
        case .full:
            guard let full = slot.full, full.kind == FullKind(event) else { return nil }
            return full.text
        }
    }

    /// Stores a message and the details in it.
    mutating func hold(_ text: Text, details: Text, of event: ProgressEvent, as format: ProgressFormat) {
        var slot = self[event.snapshot.revision]
        slot.details = details
        switch format {
        case .plain: slot.plain = text
        case .full: slot.full = (FullKind(event), text)
        }
        self[event.snapshot.revision] = slot
    }

    private static func place(of revision: UInt64) -> Int { Int(revision % capacity) }
}
