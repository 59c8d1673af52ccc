// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A signal that fires when the first watcher joins, so that a worker can wait for it.
///
/// Any number of tasks may wait. Once the signal has fired, it stays fired.
///
/// ```swift
/// if try await tracker.startSignal.wait(timeout: .seconds(5)) { … } else { /* no watcher yet: begin anyway */ }
/// ```
public struct StartSignal: Sendable {
    let journal: ProgressJournal?

    /// Whether a watcher has joined.
    public var hasFired: Bool { journal?.started.hasFired ?? false }

    /// Returns when the first watcher joins; returns immediately if a watcher has joined already.
    ///
    /// - Throws: `CancellationError` if the waiting task is cancelled; ``ProgressError`` if the operation ends or is
    ///   deleted before a watcher joins. The signal of ``ProgressTracker/noop`` never fires.
    public func wait() async throws {
        try await latch.wait()
    }

    /// Returns whether the first watcher joins within a time.
    ///
    /// - Parameter timeout: The longest time to wait.
    /// - Returns: `true` if a watcher has joined, now or earlier; `false` after the timeout.
    /// - Throws: As ``wait()`` does.
    public func wait(timeout: Duration) async throws -> Bool {
        let clock = journal?.dependencies.clock ?? .system
        return try await latch.wait(until: clock.now() + timeout, on: clock)
    }

    private var latch: Latch { journal?.started ?? Latch() }
}
