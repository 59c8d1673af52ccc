// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgress

/// The settings of one stream.
struct StreamSettings: Sendable {
    let shared: ProgressAPI.SharedState
    let heartbeatInterval: Duration
    let reconnectDelay: Duration
    let clock: ProgressClock
    /// The approximate number of event bytes in one chunk.
    let chunkSize: Int
    /// When the reader's credentials expire; `nil` for never.
    let expiry: Duration?
    /// The reader's quota slot, held for as long as the pump exists.
    let slot: QuotaSlot?

    /// Whether the reader's credentials have expired.
    var hasExpired: Bool { expiry.map { $0 <= clock.now() } ?? false }

    /// When the wait for events ends: at the next heartbeat or the expiry of the credentials, the earlier of the two.
    var deadline: Duration {
        let heartbeat = clock.now() + heartbeatInterval
        return expiry.map { min($0, heartbeat) } ?? heartbeat
    }
}
