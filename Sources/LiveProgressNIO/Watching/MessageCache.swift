// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

/// The messages that were encoded last, so that each is encoded once for all event loops: a ring of fixed size.
struct MessageCache<Key: Hashable & Sendable>: Sendable {
    private static var capacity: Int { 16 }

    private var messages: [Key: ByteBuffer] = [:]
    private var ring: [Key] = []
    private var oldest = 0

    /// The message of a key, where it is still held.
    subscript(key: Key) -> ByteBuffer? { messages[key] }

    /// Holds a message in place of the oldest one.
    mutating func add(_ message: ByteBuffer, for key: Key) {
        guard messages.updateValue(message, forKey: key) == nil else { return }
        guard ring.count == Self.capacity else { return ring.append(key) }
        messages[ring[oldest]] = nil
        ring[oldest] = key
        oldest = (oldest + 1) % Self.capacity
    }
}
