// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressCLI
import NIOCore

/// The counters of received and expected messages of a crowd of watchers.
///
/// Use a tally only on the crowd's event loop.
final class LoadTally {
    /// The results of one delivery.
    struct Delivery: Sendable {
        /// The number of messages that arrived at all watchers together.
        var messages = 0
        /// The time from the order to the last message, in nanoseconds.
        var nanoseconds: UInt64 = 0
        /// The latencies from the creation of each message to its arrival.
        var latencies = LatencyHistogram()
        /// The number of messages that are not newer than the watcher's message before.
        var disordered = 0
    }

    private var delivery = Delivery()
    private var started: UInt64 = 0
    private var expected = 0
    private var promise: EventLoopPromise<Delivery>?
    private var failure: BenchError?
    private var total = 0
    private var seen = -1

    /// Begins to count a delivery.
    ///
    /// - Parameters:
    ///   - messages: The number of expected messages.
    ///   - promise: Succeeds with the last expected message; fails when a watcher is disconnected.
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
    ///   - made: The creation time of the message; `nil` for the first message to a new watcher.
    ///   - last: The creation time of the watcher's message before.
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

    /// Fails the delivery if no message has arrived since the last check although messages are expected.
    func checkProgress() {
        if promise != nil, total == seen {
            let message = "messages were lost: \(delivery.messages) of \(expected) arrived"
            fail(BenchError(message, status: ExitStatus.failed))
        }
        seen = total
    }

    /// Fails the current delivery and all later deliveries.
    func fail(_ error: BenchError) {
        guard failure == nil else { return }
        failure = error
        promise?.fail(error)
        promise = nil
    }
}
