// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressTesting
import Synchronization
import Testing

@Suite("The writer of a store")
struct StoreWriterTests {
    @Test("Reading for the store seals no tick, and makes no revision")
    func seals() async throws {
        let current = try await StoredService()
        let tracker = try current.service.createProgress(id: "job")
        for _ in 1...3 {
            tracker.advance()
            try await tracker.committed()
        }
        #expect(tracker.snapshot()?.revision == 1)
        #expect(tracker.snapshot()?.counts?.completedCount == 3)
    }

    @Test("Units counted without the lock are committed too")
    func pendingUnits() async throws {
        let current = try await StoredService()
        let tracker = try current.service.createProgress(id: "job")
        for round in 1...3 as ClosedRange<Int64> {
            for _ in 0..<1000 { tracker.advance() }
            try await tracker.committed()
            current.store.crash()
            let contents = try current.store.load()
            #expect(contents.operations.first?.counts?.completedCount == 1000 * round)
        }
    }

    @Test("Without a caller that waits, changes are committed after the interval")
    func interval() async throws {
        let (store, time, _, service) = try await countingService()
        let tracker = try service.createProgress()
        for round in 1...3 {
            for _ in 0..<100 { tracker.update("Working") }
            // The first sleeper may still be the watchdog of the commit before.
            while store.count < round {
                await time.sleepers(atLeast: 1)
                time.advance(by: .milliseconds(100))
                await Task.yield()
            }
        }
        #expect(store.count == 3)
    }

    @Test("A store that fails delays no report; callers that wait get an error, and later everything is committed")
    func failure() async throws {
        let (store, time, statuses, service) = try await countingService()
        let tracker = try service.createProgress(id: "job")
        for round in 1...3 {
            store.fail("disk full")
            tracker.update("Step \(round)")
            let error = await #expect(throws: ProgressError.self) { try await tracker.committed() }
            #expect(error?.code == .storeUnavailable)
            #expect(error?.message.contains("disk full") == true)
            #expect(service.storeStatus?.failure == "disk full")
            #expect(service.storeStatus?.failingSince != nil)
            store.fail(nil)
            await time.sleepers(atLeast: 1)
            time.advance(by: .seconds(30))
            await statuses.wait(count: 2 * round)
            try await tracker.committed()
            #expect(service.storeStatus?.failure == nil && service.storeStatus?.waitingOperations == 0)
        }
        #expect(statuses.all == ["disk full", nil, "disk full", nil, "disk full", nil])
        await service.close()
        #expect(try store.memory.load().operations.first?.newest.state == "Step 3")
    }

    @Test("A commit that takes too long counts as failed until it is complete; callers do not wait for it")
    func slow() async throws {
        let (store, time, statuses, service) = try await countingService()
        let tracker = try service.createProgress(id: "job")
        for round in 1...3 {
            store.pause()
            tracker.update("Step \(round)")
            let committed = Task { try await tracker.committed() }
            await store.paused()
            time.advance(by: .seconds(10))
            let error = await #expect(throws: ProgressError.self) { try await committed.value }
            #expect(error?.message.contains("longer than 10 s") == true)
            store.resume()
            await statuses.wait(count: 2 * round)
            try await tracker.committed()
        }
    }

    /// Returns a service with a store that counts its commits, a clock, and a log of the store's failures.
    private func countingService() async throws -> (CountingStore, ManualClock, StatusLog, ProgressService) {
        let (store, time, statuses) = (CountingStore(), ManualClock(), StatusLog())
        var configuration = ProgressService.Configuration()
        configuration.clock = time.clock
        configuration.onStoreStatus = { statuses.append($0.failure) }
        return (store, time, statuses, try await ProgressService(configuration: configuration, store: store))
    }

    @Test("A service without a store says that nothing is committed")
    func withoutStore() async throws {
        let tracker = try ProgressService().createProgress()
        let error = await #expect(throws: ProgressError.self) { try await tracker.committed() }
        #expect(error?.code == .storeUnavailable)
        try await ProgressTracker.noop.committed()
    }
}

/// The failures that a service has reported, with `nil` for each recovery.
private final class StatusLog: Sendable {
    private let entries = Mutex<[String?]>([])
    private let changed = WakeGroup()

    var all: [String?] { entries.withLock(\.self) }

    func append(_ failure: String?) {
        entries.withLock { $0.append(failure) }
        changed.wake()
    }

    func wait(count: Int) async {
        _ = try? await changed.wait { entries.withLock { $0.count >= count ? true : nil } }
    }
}

/// A store in memory that counts commits, and fails on demand.
private final class CountingStore: ProgressStore {
    let memory = ProgressMemoryStore()
    private let failure = Mutex<String?>(nil)
    private let commits = Mutex(0)
    private let changed = WakeGroup()
    private let isPaused = Mutex(false)
    private let isWaiting = Mutex(false)

    var description: String { "counting" }
    var count: Int { commits.withLock(\.self) }

    func fail(_ reason: String?) { failure.withLock { $0 = reason } }

    /// Holds the next commit until ``resume()``.
    func pause() { isPaused.withLock { $0 = true } }

    func resume() {
        isPaused.withLock { $0 = false }
        changed.wake()
    }

    /// Returns when a commit is held.
    func paused() async {
        _ = try? await changed.wait { isWaiting.withLock { $0 ? true : nil } }
    }

    func load() throws -> ProgressStoreContents { try memory.load() }

    func commit(_ batch: ProgressStoreBatch) async throws {
        if isPaused.withLock(\.self) {
            isWaiting.withLock { $0 = true }
            changed.wake()
            _ = try await changed.wait { isPaused.withLock { $0 ? nil : true } }
            isWaiting.withLock { $0 = false }
        }
        if let reason = failure.withLock(\.self) { throw ProgressStoreError(reason) }
        memory.commit(batch)
        commits.withLock { $0 += 1 }
        changed.wake()
    }

    func close() { memory.close() }
}
