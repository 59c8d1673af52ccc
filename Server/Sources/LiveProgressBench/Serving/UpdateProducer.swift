// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import NIOCore
import NIOPosix

/// Makes updates of one operation, as fast as the event loops deliver them or at a given rate.
///
/// Each update has its creation time, in nanoseconds of the monotonic clock, as `t` in its details. Between two batches,
/// every event loop delivers, so that one write to a watcher carries one batch. A producer that falls behind its rate
/// makes the missing updates without a pause. Without a batch, the producer reports from a separate thread at full speed,
/// and the server decides how many updates one write carries.
struct UpdateProducer: Sendable {
    /// The parameters of a production.
    struct Order: Sendable, Hashable {
        /// The number of updates.
        var updates: Int
        /// The number of updates per second; 0 makes updates as fast as they are delivered.
        var rate: Double
        /// The number of updates in a batch, from 1 to 1024; `nil` makes all updates without a pause.
        var batch: Int?

        /// Parses the parameters `u`, `r` and `b`; returns `nil` if one is invalid.
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

    /// Creates a producer that reports through a tracker; the watchers are on the event loops of the group.
    init(tracker: ProgressTracker, group: any EventLoopGroup) {
        self.tracker = tracker
        loops = group.makeIterator().map { $0 }
    }

    /// Starts to make updates; returns immediately.
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

    /// Runs a task on each event loop in turn, after its pending deliveries, and then `next` on the first event loop.
    private func takeTurns(_ index: Int, then next: @escaping @Sendable () -> Void) {
        guard index < loops.count else { return loops[0].execute(next) }
        loops[index].execute { takeTurns(index + 1, then: next) }
    }
}
