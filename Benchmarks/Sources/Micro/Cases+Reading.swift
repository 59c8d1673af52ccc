// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

@testable import LiveProgress
@_spi(Server) @testable import LiveProgressWire

extension MicroCase {
    /// The reads of a journal by a watcher's transport.
    static let reading: [MicroCase] = [
        MicroCase("snapshot") {
            let bench = try Bench()
            bench.update(1)
            return Prepared(run: { calls in for _ in 0..<calls { keep(bench.journal.snapshot()) } })
        },
        MicroCase("read-one") {
            let bench = try Bench()
            bench.update(2)
            return Prepared(run: { calls in for _ in 0..<calls { keep(bench.journal.read(after: 1)) } })
        },
    ]

    /// The creation of operations.
    static let lifetimes: [MicroCase] = [
        MicroCase("create") {
            let kept = Mutex<(service: ProgressService, trackers: [ProgressTracker])?>(nil)
            return Prepared(
                run: { calls in
                    let service = ProgressService(configuration: .unlimited)
                    var trackers: [ProgressTracker] = []
                    for _ in 0..<calls { trackers.append(try service.createProgress()) }
                    kept.withLock { $0 = (service, trackers) }
                },
                tidy: { kept.withLock { $0 = nil } }
            )
        },
        MicroCase("create-end-delete") {
            let service = ProgressService(configuration: .unlimited)
            return Prepared(run: { calls in
                for _ in 0..<calls {
                    let tracker = try service.createProgress()
                    tracker.succeed()
                    try service.deleteProgress(tracker.id)
                }
            })
        },
    ]

    /// The encoding of messages; each is encoded once for all watchers.
    static let encoding: [MicroCase] = [
        MicroCase("encode-plain") {
            let bench = try Bench()
            bench.update(1)
            let snapshot = bench.journal.snapshot()
            return Prepared(run: { calls in for _ in 0..<calls { keep(ProgressMessage.encodePlain(snapshot)) } })
        },
        MicroCase("encode-full") {
            let bench = try Bench()
            bench.tracker.setCounts(completed: 12, total: 100, unit: "rows")
            bench.update(1)
            let event = ProgressEvent(kind: .update, snapshot: bench.journal.snapshot())
            return Prepared(run: { calls in for _ in 0..<calls { keep(ProgressMessage.encodeFull(event)) } })
        },
    ]

    /// The current tracker of the context, and loops that it counts.
    static let context: [MicroCase] = [
        MicroCase("current") {
            let bench = try Bench()
            return Prepared(run: { calls in
                withProgress(bench.tracker) { for _ in 0..<calls { keep(ProgressTracker.current) } }
            })
        },
        MicroCase("current-none") {
            Prepared(run: { calls in for _ in 0..<calls { keep(ProgressTracker.current) } })
        },
        MicroCase("loop-bare") {
            Prepared(run: { calls in for number in 0..<calls { keep(number) } })
        },
        MicroCase("loop-tracked-noop") {
            Prepared(run: { calls in for number in (0..<calls).trackingProgress() { keep(number) } })
        },
        MicroCase("loop-tracked") {
            let bench = try Bench()
            return Prepared(run: { calls in
                withProgress(bench.tracker) { for number in (0..<calls).trackingProgress() { keep(number) } }
            })
        },
    ]
}

extension ProgressService.Configuration {
    /// The defaults, without a limit to the number of operations.
    static var unlimited: Self {
        var configuration = Self()
        configuration.maximumOperations = .max
        return configuration
    }
}
