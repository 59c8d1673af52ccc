// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import NIOCore
import NIOPosix

/// Makes updates of one operation, as fast as the event loops deliver them or at a given rate.
///
/// Each update bears the time of its making, in nanoseconds of the monotonic clock, as `t` in its details. Between two
/// batches every event loop gets its turn, so that a batch is what one write to a watcher carries; where it falls
/// behind its rate, it makes what is due without a pause. Without a batch it is a worker that reports as fast as it can,
/// from a thread of its own, and what one write carries is up to the server.
struct UpdateProducer: Sendable {
    /// What to produce.
    struct Order: Sendable, Hashable {
        /// How many updates.
        var updates: Int
        /// Updates in a second; 0 makes them as fast as they are delivered.
        var rate: Double
        /// How many updates are made at once, from 1 to 1024; `nil` where the worker makes all of them without a pause.
        var batch: Int?

        /// An order of the parameters `u`, `r` and `b`; `nil` where one of them makes no sense.
        init?(updates: String?, rate: String?, batch: String?) {
            guard let updates = updates.flatMap({ Int($0) }), (1...100_000_000).contains(updates) else { return nil }
            guard let rate = Double(rate ?? "0"), (0...10_000_000).contains(rate) else { return nil }
            guard let batch = Int(batch ?? "1"), (0...1024).contains(batch) else { return nil }
            self.updates = updates
            self.rate = rate
            guard batch > 0 || rate == 0 else { return nil }
            self.batch = batch > 0 ? batch : nil
        }
    }

    private let tracker: ProgressTracker
    private let loops: [any EventLoop]

    /// A producer that reports through a tracker, beside watchers on the loops of a group.
    init(tracker: ProgressTracker, group: any EventLoopGroup) {
        self.tracker = tracker
        loops = group.makeIterator().map { $0 }
    }

    /// Begins to produce; returns at once.
    func start(_ order: Order) {
        if let batch = order.batch {
            loops[0].execute { step(order, batch, made: 0, since: .now()) }
        } else {
            NIOThreadPool.singleton.submit { _ in report(order.updates) }
        }
    }

    private func step(_ order: Order, _ batch: Int, made: Int, since start: NIODeadline) {
        let count = min(batch, order.updates - made)
        report(count)
        let made = made + count
        guard made < order.updates else { return }
        if order.rate > 0 {
            let due = start + .nanoseconds(Int64(Double(made) * 1e9 / order.rate))
            loops[0].assumeIsolated().scheduleTask(deadline: due) { step(order, batch, made: made, since: start) }
        } else {
            takeTurns(1) { step(order, batch, made: made, since: start) }
        }
    }

    private func report(_ count: Int) {
        for _ in 0..<count {
            tracker.update(
                "Processing",
                details: [
                    "percentComplete": 50, "currentStep": "Validating data",
                    "t": .integer(Int64(NIODeadline.now().uptimeNanoseconds)),
                ]
            )
        }
    }

    /// Goes once round all loops, behind what they have to deliver, and then on with the first.
    private func takeTurns(_ index: Int, then next: @escaping @Sendable () -> Void) {
        guard index < loops.count else { return loops[0].execute(next) }
        loops[index].execute { takeTurns(index + 1, then: next) }
    }
}
