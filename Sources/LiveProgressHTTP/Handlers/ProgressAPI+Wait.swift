// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

extension ProgressAPI {
    /// Waits until an operation is past a snapshot: a long poll, which counts as a watcher.
    ///
    /// - Returns: The newest snapshot; the one given where the time is up, the task cancelled, or the API drained.
    /// - Throws: A 410 where the operation goes away meanwhile.
    func news(
        of journal: ProgressJournal,
        after known: ProgressSnapshot,
        atMost time: Duration,
        _ access: Access
    ) async throws(Refusal) -> ProgressSnapshot {
        // Registered first and read after, so that nothing falls between (invariant 4).
        let registration = WatcherRegistration(journal)
        shared.streams.add(registration.signal)
        defer { shared.streams.remove(registration.signal) }
        let clock = service.configuration.clock
        let end = clock.now() + time
        let deadline = access.expiry(on: clock).map { min($0, end) } ?? end
        while true {
            let reading = registration.read(after: known.revision, cursor: nil)
            if reading.removal != nil { return try self.journal(journal.id, to: .watch, access).snapshot() }
            if let newest = reading.events.last { return newest.snapshot }
            if reading.isFinished || shared.isDraining || Task.isCancelled { return known }
            guard await registration.signal.wait(until: deadline, on: clock) else { return known }
        }
    }
}
