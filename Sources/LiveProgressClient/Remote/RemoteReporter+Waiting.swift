// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

extension RemoteReporter {
    private typealias Outcome = Result<Void, ProgressClientError>

    /// Waits until the server has accepted or refused all reports so far.
    func flush(timeout: Duration?) async throws(ProgressClientError) {
        guard let timeout else { return try await flush().get() }
        let sleep = client.configuration.sleep
        let outcome = await withTaskGroup(of: Outcome.self) { group in
            group.addTask { await self.flush() }
            group.addTask {
                do { try await sleep(timeout) } catch { return .failure(Self.waitCancelled) }
                return .failure(ProgressClientError(.timedOut, "The server did not accept the last reports in time."))
            }
            defer { group.cancelAll() }
            return await group.next()
        }
        try outcome?.get()
    }

    /// Waits for a request to cancel the operation.
    func cancellationRequested() async throws(ProgressClientError) {
        try await wait { state in
            // Check this first: a request to cancel counts even if the server accepts no more reports.
            if state.isCancellationRequested { return .success(()) }
            if let failure = state.failure { return .failure(failure) }
            let isOver = state.queue.hasEnd && state.queue.isEmpty
            return isOver ? .failure(ProgressClientError(.ended, "The operation has ended.")) : nil
        }.get()
    }

    private func flush() async -> Outcome {
        let number = state.withLock { state in
            state.flushedNumber = state.queue.lastNumber
            return state.flushedNumber
        }
        return await wait { state in
            if state.queue.completedNumber >= number { return .success(()) }
            return state.failure.map { .failure($0) }
        }
    }

    private func wait(for outcome: (State) -> Outcome?) async -> Outcome {
        do throws(CancellationError) {
            return try await changes.wait { state.withLock { outcome($0) } } ?? .success(())
        } catch {
            return .failure(Self.waitCancelled)
        }
    }

    private static let waitCancelled = ProgressClientError(.cancelled, "The wait was cancelled.")
}
