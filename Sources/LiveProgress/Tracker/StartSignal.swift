// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Tells when the first watcher is there, so that a worker can begin when somebody looks.
///
/// Any number may wait; it stays fired for good once somebody has watched.
///
/// ```swift
/// if try await tracker.startSignal.wait(timeout: .seconds(5)) { … } else { /* nobody came; begin all the same */ }
/// ```
public struct StartSignal: Sendable {
    let journal: ProgressJournal?

    /// Whether somebody has watched.
    public var hasFired: Bool { journal?.started.hasFired ?? false }

    /// Returns when the first watcher is there, at once where there has been one.
    ///
    /// - Throws: `CancellationError` when the waiting task is cancelled; ``ProgressError`` when the operation ends, or is
    ///   deleted, unwatched. A no-op tracker's signal never fires.
    public func wait() async throws {
        try await latch.wait()
    }

    /// Returns whether the first watcher came within a time.
    ///
    /// - Parameter timeout: How long to wait at most.
    /// - Returns: Whether somebody watches, or has watched.
    /// - Throws: As ``wait()`` does.
    public func wait(timeout: Duration) async throws -> Bool {
        let clock = journal?.dependencies.clock ?? .system
        return try await latch.wait(until: clock.now() + timeout, on: clock)
    }

    private var latch: Latch { journal?.started ?? Latch() }
}
