// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The texts of a journal's newest revisions, each at the place of its revision.
///
/// A lookup is a remainder and a comparison. A text that is held keeps those in memory that were encoded with it: fewer
/// than the ring has places, or all in it.
struct MessageRing: Sendable {
    typealias Text = ArraySlice<UInt8>

    /// What is known of one revision.
    struct Slot: Sendable {
        let revision: UInt64
        /// The details alone, which stand in the message of every format.
        var details: Text?
        /// The message of the plain format, which is the same whatever it is to a watcher.
        var plain: Text?
        /// The message of the full format that was asked for last.
        var full: (kind: FullKind, text: Text)?
    }

    /// What tells the full messages of one revision apart: a revision never changes once it has been read.
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

    /// What is known of a revision; one that is put takes the place of the one 32 revisions before.
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

    /// The message of an event in a format, where it is still held.
    func message(_ event: ProgressEvent, as format: ProgressFormat) -> Text? {
        let slot = self[event.snapshot.revision]
        switch format {
        case .plain: return slot.plain
        case .full:
            guard let full = slot.full, full.kind == FullKind(event) else { return nil }
            return full.text
        }
    }

    /// Holds a message and the details in it.
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
