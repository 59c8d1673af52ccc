// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import Synchronization

/// How fast each operation is reported on.
///
/// Remembers those that were reported on lately: one who has been still for as long as its bucket takes to fill is as
/// good as new, and is forgotten when there are many.
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

    /// How many operations are remembered.
    var count: Int { state.withLock { $0.buckets.count } }

    /// Admits a report.
    ///
    /// - Parameters:
    ///   - report: What is reported; an end always is.
    ///   - id: On which operation.
    ///   - now: The service's time.
    /// - Throws: A refusal that says when to come back.
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

    /// Forgets what is as good as new; each time after as many newcomers as there were left, so that it costs little.
    private func sweep(_ state: inout State, now: Duration) {
        guard state.buckets.count >= state.nextSweep else { return }
        state.buckets = state.buckets.filter { entry in
            var bucket = entry.value
            return !bucket.isFull(now: now)
        }
        state.nextSweep = max(1024, 2 * state.buckets.count)
    }
}
