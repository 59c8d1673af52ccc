// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWire
import NIOCore

/// The messages of a journal that were encoded last, each at the place of its revision.
///
/// A lookup is a remainder and a comparison. A message that is held keeps those in memory that were encoded with it:
/// fewer than the ring has places, or all in it.
struct MessageRing: Sendable {
    private static let capacity: UInt64 = 32

    private struct Slot: Sendable {
        let key: MessageKey
        let message: ByteBuffer
    }

    private var slots: ContiguousArray<Slot?> = []

    /// The message of a key, where it is still held; one that is put takes the place of another of the same revision,
    /// and of the one 32 revisions before.
    subscript(key: MessageKey) -> ByteBuffer? {
        get {
            guard !slots.isEmpty, let slot = slots[Self.place(of: key)], slot.key == key else { return nil }
            return slot.message
        }
        set {
            if slots.isEmpty { slots = ContiguousArray(repeating: nil, count: Int(Self.capacity)) }
            slots[Self.place(of: key)] = newValue.map { Slot(key: key, message: $0) }
        }
    }

    private static func place(of key: MessageKey) -> Int { Int(key.revision % capacity) }
}

/// What tells the messages of one journal apart: a revision never changes once it has been read.
struct MessageKey: Equatable, Sendable {
    let revision: UInt64
    private let kind: ProgressEvent.Kind
    private let skipped: UInt64
    private let resumed: Bool?

    /// The key of an event's message in a format.
    init(_ event: ProgressEvent, as format: ProgressFormat) {
        revision = event.snapshot.revision
        switch format {
        // Whatever the event is to a watcher, the plain format says the same.
        case .plain: (kind, skipped, resumed) = (.update, 0, nil)
        case .full: (kind, skipped, resumed) = (event.kind, event.skipped, event.resumed)
        }
    }
}
