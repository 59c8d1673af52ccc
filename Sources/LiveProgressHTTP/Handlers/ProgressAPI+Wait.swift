// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgress

extension ProgressAPI {
    /// Waits until an operation has a newer snapshot: a long poll, which counts as a watcher.
    ///
    /// - Returns: The newest snapshot. It is `known` if `time` has passed, the operation has ended, the credentials
    ///   have expired, the task is cancelled, or the API drains.
    /// - Throws: A 410 if the operation is removed during the wait.
    func news(
        of journal: ProgressJournal,
        after known: ProgressSnapshot,
        atMost time: Duration,
        _ permissions: CallerPermissions
    ) async throws(Refusal) -> ProgressSnapshot {
        // Register first, then read, so that no update is missed (invariant 4).
        let registration = WatcherRegistration(journal)
        shared.streams.add(registration.signal)
        defer { shared.streams.remove(registration.signal) }
        let clock = service.configuration.clock
        let end = clock.now() + time
        let deadline = permissions.expiry(on: clock).map { min($0, end) } ?? end
        while true {
            let reading = registration.read(after: known.revision, cursor: nil)
            if reading.removal == .moved { return known }
            if reading.removal != nil { return try self.journal(journal.id, to: .watch, permissions).snapshot() }
            if let newest = reading.events.last { return newest.snapshot }
            if reading.isFinished || shared.isDraining || Task.isCancelled { return known }
            guard await registration.signal.wait(until: deadline, on: clock) else { return known }
        }
    }
}
