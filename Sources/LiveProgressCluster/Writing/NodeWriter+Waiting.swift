// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import LiveProgress
import Synchronization

extension NodeWriter {
    /// Returns when everything that was noted before the call is written.
    ///
    /// - Throws: ``ProgressError/Code/storeUnavailable`` if the backplane fails, or takes too long; the changes stay, and are
    ///   written later. `CancellationError` if the task is cancelled.
    package func commit() async throws { try await commitNotes(of: nil) }

    /// Returns when everything that was noted of one operation before the call is written; throws as ``commit()`` does.
    package func commit(_ id: ProgressID) async throws { try await commitNotes(of: id) }

    private func commitNotes(of id: ProgressID?) async throws {
        let wait = state.withLock { $0.ledger.beginWait(for: id) }
        defer { state.withLock { $0.ledger.endWait(wait) } }
        urgent.wake()
        let deadline = settings.clock.now() + settings.timeout
        let outcome = try await waiters.wait(until: deadline, on: settings.clock) {
            state.withLock { state -> Result<Void, ProgressError>? in
                if id != nil, state.ledger.isLost(wait) { return .failure(Self.takenOver) }
                if state.ledger.isComplete(wait) { return .success(()) }
                if state.isClosed { return .failure(self.unavailable("the node is leaving")) }
                return state.ledger.failure(of: wait).map { .failure(self.unavailable($0)) }
            }
        }
        try (outcome ?? .failure(unavailable("a write takes longer than \(settings.timeout)"))).get()
    }

    private static let takenOver = ProgressError(
        .storeUnavailable,
        "Another node has the operation now, and does not have this change. Send the change again."
    )

    private func unavailable(_ reason: String) -> ProgressError {
        ProgressError(
            .storeUnavailable,
            """
            The backplane (\(backplane)) has not confirmed the change: \(reason). It is written later, unless another node takes \
            over before. Repeat the request with the same Idempotency-Key: it is applied once.
            """
        )
    }

    /// Writes everything, and closes the writer; later changes are not written.
    package func close() async {
        try? await commit()
        state.withLock { $0.isClosed = true }
    }
}
