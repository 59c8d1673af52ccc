// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWebSocket
import Synchronization

/// The most recently compressed messages of one source, shared by all watchers that negotiated compression.
///
/// The first event loop that needs a message compresses it, and every event loop sends the same bytes, because no message refers
/// to another. Event loops that need a message at the same moment may each compress it.
final class DeflatedMessages: Sendable {
    private struct State {
        var entries: ContiguousArray<(message: ArraySlice<UInt8>, deflated: ArraySlice<UInt8>)> = []
        var next = 0
    }

    /// Watchers that keep up need the newest message; returning watchers need few others.
    private static let capacity = 16

    private let deflaters: SharedDeflaters
    private let recent = Mutex(State())

    init(deflaters: SharedDeflaters) {
        self.deflaters = deflaters
    }

    /// Returns a compressed message; `nil` if compression fails, and the message must be sent uncompressed.
    subscript(message: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        let known = recent.withLock { $0.entries.first { $0.message == message }?.deflated }
        if let known { return known }
        guard let deflated = deflaters.deflate(message) else { return nil }
        recent.withLock { recent in
            if recent.entries.count < Self.capacity {
                recent.entries.append((message, deflated))
            } else {
                recent.entries[recent.next] = (message, deflated)
                recent.next = (recent.next + 1) % Self.capacity
            }
        }
        return deflated
    }
}
