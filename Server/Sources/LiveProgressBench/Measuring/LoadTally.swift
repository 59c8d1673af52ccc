// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressCLI
import NIOCore

/// What a crowd of watchers has got, and what is still to come.
///
/// It belongs to the crowd's event loop.
final class LoadTally {
    /// What one delivery showed.
    struct Delivery: Sendable {
        /// Messages that arrived, at all watchers together.
        var messages = 0
        /// From the order to the last message.
        var nanoseconds: UInt64 = 0
        /// From the making of each message to its arrival.
        var latencies = LatencyHistogram()
        /// Messages that were made before one that the same watcher had already got, or at the same time.
        var disordered = 0
    }

    private var delivery = Delivery()
    private var started: UInt64 = 0
    private var expected = 0
    private var promise: EventLoopPromise<Delivery>?
    private var failure: BenchError?
    private var total = 0
    private var seen = -1

    /// Begins to count.
    ///
    /// - Parameters:
    ///   - messages: How many are to come.
    ///   - promise: Succeeds with the last of them; fails when a watcher is lost.
    func begin(expecting messages: Int, _ promise: EventLoopPromise<Delivery>) {
        if let failure { return promise.fail(failure) }
        delivery = Delivery()
        expected = messages
        started = NIODeadline.now().uptimeNanoseconds
        self.promise = promise
    }

    /// Counts a message.
    ///
    /// - Parameters:
    ///   - made: When it was made; `nil` for the one that tells a new watcher how things stand.
    ///   - last: When the watcher's last one was made.
    ///   - now: The time of arrival.
    func count(made: UInt64?, after last: UInt64, now: UInt64) {
        delivery.messages += 1
        total += 1
        if let made {
            if made <= last { delivery.disordered += 1 }
            delivery.latencies.add(now > made ? now - made : 0)
        }
        guard delivery.messages == expected, let promise else { return }
        delivery.nanoseconds = now > started ? now - started : 0
        self.promise = nil
        promise.succeed(delivery)
    }

    /// Gives up where nothing has arrived since the last check, although something is to come.
    func checkProgress() {
        if promise != nil, total == seen {
            let message = "messages were lost: \(delivery.messages) of \(expected) arrived"
            fail(BenchError(message, status: ExitStatus.failed))
        }
        seen = total
    }

    /// Gives up: what is being counted, and all that would be.
    func fail(_ error: BenchError) {
        guard failure == nil else { return }
        failure = error
        promise?.fail(error)
        promise = nil
    }
}
