// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress
import LiveProgressTesting

/// A service on a store in memory, which can be closed, crash and start again, with another clock each time.
struct StoredService {
    let store: ProgressMemoryStore
    let time: ManualClock
    let service: ProgressService

    /// Starts a service; its calendar is `date`, in seconds since 2001, when its monotonic clock is zero.
    init(
        _ store: ProgressMemoryStore = ProgressMemoryStore(),
        date: Double = 0,
        epoch: String = "e",
        change: (inout ProgressService.Configuration) -> Void = { _ in }
    ) async throws {
        let time = ManualClock()
        let clock = time.clock
        var configuration = ProgressService.Configuration()
        configuration.clock = ProgressClock(now: clock.now, date: { clock.date() + date }, sleep: clock.sleep)
        configuration.makeEpoch = { epoch }
        change(&configuration)
        self.store = store
        self.time = time
        service = try await ProgressService(configuration: configuration, store: store)
    }

    /// Ends the process without closing the store, after everything so far is committed, and starts another one.
    func crashed(date: Double = 0) async throws -> StoredService {
        try await service.committed()
        store.crash()
        return try await StoredService(store, date: date)
    }

    /// Closes the service, and starts another one.
    func restarted(date: Double = 0) async throws -> StoredService {
        await service.close()
        return try await StoredService(store, date: date)
    }

    func snapshot(_ id: ProgressID) throws -> ProgressSnapshot {
        try service.getJournal(id).snapshot()
    }

    func reading(_ id: ProgressID, from cursor: String) throws -> ProgressReading {
        try service.getJournal(id).open(at: ProgressCursor(cursor))
    }
}
