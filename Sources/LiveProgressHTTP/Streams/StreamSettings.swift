// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// What all streams of an API share.
struct StreamSettings: Sendable {
    let shared: ProgressAPI.SharedState
    let heartbeatInterval: Duration
    let reconnectDelay: Duration
    let clock: ProgressClock
    /// About how many bytes of events go into one chunk.
    let chunkSize: Int
    /// When the reader's credentials run out; `nil` for never.
    let expiry: Duration?
    /// The reader's slot, held as long as its pump is.
    let slot: QuotaSlot?

    /// Whether the reader's credentials have run out.
    var hasExpired: Bool { expiry.map { $0 <= clock.now() } ?? false }

    /// Until when to wait for news before something else is due.
    var deadline: Duration {
        let heartbeat = clock.now() + heartbeatInterval
        return expiry.map { min($0, heartbeat) } ?? heartbeat
    }
}
