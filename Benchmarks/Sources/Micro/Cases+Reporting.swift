// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Dispatch
import Foundation
import LiveProgressSQLite
import Synchronization

@testable import LiveProgress

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

extension MicroCase {
    /// The reports of a worker, one call each.
    static let reporting: [MicroCase] = [
        MicroCase("update", target: 150) {
            let bench = try Bench()
            return Prepared(run: bench.update)
        },
        MicroCase("update-watched-1", target: 150) {
            let bench = try Bench(wakers: 1, watchers: 1)
            return Prepared(run: bench.update)
        },
        MicroCase("update-watched-10000", target: 150) {
            let bench = try Bench(wakers: 2, watchers: 10_000)
            return Prepared(run: bench.update)
        },
        MicroCase("update-streamed-10000", target: 150) {
            let bench = try Bench()
            let streams = Streams(10_000, of: bench)
            return Prepared(run: { calls in
                bench.update(calls)
                keep(streams)
            })
        },
        MicroCase("update-stored") {
            let folder = FileManager.default.temporaryDirectory.appending(path: "micro-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let bench = try Bench(store: SQLiteStore(path: folder.appending(path: "progress.sqlite").path))
            return Prepared(run: bench.update, tidy: { try? FileManager.default.removeItem(at: folder) })
        },
        MicroCase("update-new-details") {
            let bench = try Bench()
            return Prepared(run: { calls in
                for call in 0..<calls {
                    bench.tracker.update(
                        "Processing",
                        details: ["percentComplete": .integer(Int64(call)), "currentStep": "Validating data"]
                    )
                }
            })
        },
        MicroCase("update-counted") {
            let bench = try Bench()
            bench.tracker.setCounts(total: .max, unit: "rows")
            return Prepared(run: { calls in
                let details = Bench.details
                for _ in 0..<calls {
                    bench.tracker.advance()
                    bench.tracker.update("Processing", details: details)
                }
            })
        },
        MicroCase("noop-update", target: 2) {
            let (tracker, details) = (ProgressTracker.noop, Bench.details)
            return Prepared(run: { calls in
                for _ in 0..<calls { tracker.update("Processing", details: details) }
            })
        },
    ]

    /// The counting calls of an inner loop.
    static let counting: [MicroCase] = [
        MicroCase("advance", target: 5) {
            let bench = try Bench()
            return Prepared(run: bench.advance)
        },
        MicroCase("advance-watched-1", target: 5) {
            let bench = try Bench(wakers: 1, watchers: 1)
            return Prepared(run: bench.advance)
        },
        MicroCase("advance-watched-10000", target: 5) {
            let bench = try Bench(wakers: 2, watchers: 10_000)
            return Prepared(run: bench.advance)
        },
        MicroCase("part-advance") {
            let bench = try Bench()
            let part = bench.tracker.share(assigning: 1).start(totalCount: .max)
            return Prepared(run: { calls in for _ in 0..<calls { part.advance() } })
        },
        MicroCase("set-counts") {
            let bench = try Bench()
            return Prepared(run: { calls in
                for call in 0..<calls { bench.tracker.setCounts(completed: Int64(call)) }
            })
        },
        MicroCase("noop-advance", target: 2) {
            let tracker = ProgressTracker.noop
            return Prepared(run: { calls in for _ in 0..<calls { tracker.advance() } })
        },
    ]
}

/// An operation with a tracker, a journal and watchers.
final class Bench: Sendable {
    static let details: JSONValue = ["percentComplete": 50, "currentStep": "Validating data"]

    let service: ProgressService
    let tracker: ProgressTracker
    let journal: ProgressJournal

    /// Creates an operation with that many watchers, which that many event loops serve.
    init(wakers: Int = 0, watchers: Int = 0, capacity: Int = 64, store: (any ProgressStore)? = nil) throws {
        var configuration = ProgressService.Configuration()
        configuration.journalCapacity = capacity
        if let store { try Self.open(store) }
        service = ProgressService(configuration: configuration, keeper: store.map { StoreWriter($0, configuration) })
        tracker = try service.createProgress()
        journal = try service.getJournal(tracker.id)
        for _ in 0..<wakers { _ = journal.subscribe(Flag()) }
        for _ in 0..<watchers { journal.watcherJoined() }
    }

    /// Opens an empty store; the cases have no asynchronous part.
    private static func open(_ store: any ProgressStore) throws {
        let failure = Mutex<(any Error)?>(nil)
        let isOpen = DispatchSemaphore(value: 0)
        Task.detached {
            do { _ = try await store.load() } catch { failure.withLock { $0 = error } }
            isOpen.signal()
        }
        isOpen.wait()
        if let error = failure.withLock(\.self) { throw error }
    }

    func update(_ calls: Int) {
        let details = Self.details
        for _ in 0..<calls { tracker.update("Processing", details: details) }
    }

    func advance(_ calls: Int) {
        for _ in 0..<calls { tracker.advance() }
    }
}

/// A substitute for an event loop that is busy: records only that it must read again.
final class Flag: ProgressWaker {
    private let isSet = Atomic(false)

    func wake() { isSet.store(true, ordering: .releasing) }
}

/// The watchers in this process, each a task that reads all events.
final class Streams: Sendable {
    private let tasks: [Task<Void, any Error>]

    init(_ count: Int, of bench: Bench) {
        let events = bench.journal.events()
        tasks = (0..<count).map { _ in
            Task.detached { for try await _ in events {} }
        }
        while bench.journal.watcherCount < count { sched_yield() }
    }

    deinit {
        for task in tasks { task.cancel() }
    }
}
