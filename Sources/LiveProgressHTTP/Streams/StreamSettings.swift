// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// What all streams of an API share.
struct StreamSettings: Sendable {
    let lifecycle: Lifecycle
    let towers: BellTowers
    let heartbeatInterval: Duration
    let reconnectDelay: Duration
    let clock: ProgressClock
    /// About how many bytes of events go into one chunk.
    let chunkSize: Int
    /// The reader's place, held as long as its pump is.
    let place: LimitTicket?
}
