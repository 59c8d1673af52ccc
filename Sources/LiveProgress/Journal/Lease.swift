// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The lease of a worker: the time that the worker may be silent.
///
/// Every report renews the lease. When the lease runs out, the operation is stalled; after a further grace period, the
/// worker is lost. The grace period begins when the service notices the silence. So no worker is lost because the
/// service itself was stopped, or its machine was asleep.
struct Lease: Sendable {
    enum Standing: Sendable, Equatable { case held, lapsed, lost }

    private(set) var duration: Duration
    let grace: Duration
    /// Whether the first report ends the lease, because the worker is in the service's process.
    private let endsAtReport: Bool
    private var renewedAt: Duration
    /// The time at which the lease was first seen to have run out.
    private var lapsedAt: Duration?
    private var isEnded = false

    init(duration: Duration, grace: Duration, now: Duration) {
        self.duration = duration
        self.grace = grace
        endsAtReport = false
        renewedAt = now
    }

    /// Restores a lease that has run out at `now`; without a duration, the worker was in the service's process.
    init(restoring duration: Duration?, graces: RestoredTimes, now: Duration) {
        self.duration = duration ?? .zero
        grace = duration == nil ? graces.localGrace : graces.grace
        endsAtReport = duration == nil
        renewedAt = now - self.duration
        lapsedAt = now
    }

    /// The time that a remote worker may be silent; `nil` if the worker is in the service's process.
    var remoteDuration: Duration? { endsAtReport ? nil : duration }

    /// Sets the time that a remote worker may be silent.
    mutating func setDuration(_ duration: Duration) {
        if !endsAtReport { self.duration = duration }
    }

    mutating func renew(now: Duration) {
        renewedAt = now
        lapsedAt = nil
        if endsAtReport { isEnded = true }
    }

    /// Returns the standing, and notes when the lease has run out.
    mutating func check(now: Duration) -> Standing {
        guard !isEnded, now - renewedAt >= duration else { return .held }
        let lapsedAt = lapsedAt ?? now
        self.lapsedAt = lapsedAt
        return now - lapsedAt < grace ? .lapsed : .lost
    }

    /// The time at which the standing changes if no report arrives; `nil` if it does not change.
    var nextChange: Duration? {
        isEnded ? nil : lapsedAt.map { $0 + grace } ?? renewedAt + duration
    }
}
