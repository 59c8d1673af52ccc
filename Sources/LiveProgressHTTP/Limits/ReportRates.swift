// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import Synchronization

/// The limiter of the report rate of each operation.
///
/// Each recently reported operation has a token bucket. A full bucket equals a new one, so full buckets are removed
/// when there are many buckets.
final class ReportRates: Sendable {
    private struct State {
        var buckets: [ProgressID: TokenBucket] = [:]
        var nextSweep = 1024
    }

    private let limits: ProgressLimits
    private let state = Mutex(State())

    init(limits: ProgressLimits) {
        self.limits = limits
    }

    /// The number of operations with a token bucket.
    var count: Int { state.withLock { $0.buckets.count } }

    /// Admits a report, or throws if the operation's rate is too high.
    ///
    /// - Parameters:
    ///   - report: The report; a report that ends the operation is always admitted.
    ///   - id: The operation.
    ///   - now: The time of the service's clock.
    /// - Throws: A refusal with `Retry-After`.
    func admit(_ report: ProgressReport, on id: ProgressID, now: Duration) throws(Refusal) {
        guard let rate = limits.reportsPerSecond, report.outcome == nil else { return }
        let delay = state.withLock { state in
            if state.buckets[id] == nil { sweep(&state, now: now) }
            let full = TokenBucket(rate: rate, capacity: Double(limits.reportBurst), now: now)
            return state.buckets[id, default: full].take(now: now)
        }
        guard let delay else { return }
        let seconds = delay.wholeSeconds + 1
        throw Refusal(.reportRate, Problems.tooManyReports(rate), [.retryAfter: String(seconds)])
    }

    /// Removes full buckets if the number of buckets has doubled since the last time, so that each report stays cheap.
    private func sweep(_ state: inout State, now: Duration) {
        guard state.buckets.count >= state.nextSweep else { return }
        state.buckets = state.buckets.filter { entry in
            var bucket = entry.value
            return !bucket.isFull(now: now)
        }
        state.nextSweep = max(1024, 2 * state.buckets.count)
    }
}
