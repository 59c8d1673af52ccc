// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The lease of a remote worker: the time that the worker may be silent.
///
/// Every report renews the lease. When the lease runs out, the operation is stalled; after a further grace period, the
/// worker is lost.
struct Lease: Sendable {
    enum Standing: Sendable, Equatable { case held, lapsed, lost }

    let duration: Duration
    let grace: Duration
    private var renewedAt: Duration

    init(duration: Duration, grace: Duration, now: Duration) {
        self.duration = duration
        self.grace = grace
        renewedAt = now
    }

    mutating func renew(now: Duration) {
        renewedAt = now
    }

    func standing(now: Duration) -> Standing {
        let silence = now - renewedAt
        if silence < duration { return .held }
        return silence < duration + grace ? .lapsed : .lost
    }

    /// Returns the time at which the standing changes if no report arrives; `nil` if the worker is lost.
    func nextChange(now: Duration) -> Duration? {
        switch standing(now: now) {
        case .held: renewedAt + duration
        case .lapsed: renewedAt + duration + grace
        case .lost: nil
        }
    }
}
