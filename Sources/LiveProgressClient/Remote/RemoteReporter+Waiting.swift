// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

extension RemoteReporter {
    /// Waits until all that has been reported so far is settled.
    func flush(timeout: Duration?) async throws(ProgressClientError) {
        guard let timeout else { return try await flush() }
        let sleep = client.configuration.sleep
        let outcome = await withTaskGroup(of: ReportWaiters.Outcome.self) { group in
            group.addTask { () async -> ReportWaiters.Outcome in
                do throws(ProgressClientError) {
                    return .success(try await self.flush())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask { () async -> ReportWaiters.Outcome in
                do { try await sleep(timeout) } catch {
                    return .failure(ProgressClientError(.cancelled, "The wait was cancelled."))
                }
                return .failure(ProgressClientError(.timedOut, "The server did not take the last reports in time."))
            }
            defer { group.cancelAll() }
            return await group.next()
        }
        try outcome?.get()
    }

    /// Waits until someone asks the operation to stop.
    func cancellationRequested() async throws(ProgressClientError) {
        try await wait(for: .cancellation)
    }

    private func flush() async throws(ProgressClientError) {
        try await wait(for: .flush(state.withLock { $0.queue.lastNumber }))
    }

    private func wait(for kind: ReportWaiters.Kind) async throws(ProgressClientError) {
        let waiter = state.withLock { $0.waiters.makeWaiter() }
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let resumption = state.withLock { state in
                    let known = state.outcome(of: kind)
                    return state.waiters.add(continuation, as: waiter, for: kind, knownOutcome: known)
                }
                resumption.resume()
            }
        } onCancel: {
            let resumption = state.withLock { $0.waiters.cancel(waiter) }
            resumption.resume()
        }
        try outcome.get()
    }
}

extension RemoteReporter.State {
    /// What one who waits gets at once, or `nil` where there is something to wait for.
    fileprivate func outcome(of kind: ReportWaiters.Kind) -> ReportWaiters.Outcome? {
        if let failure { return .failure(failure) }
        switch kind {
        case .flush(let number):
            return queue.settledNumber >= number ? .success(()) : nil
        case .cancellation:
            if isCancellationRequested { return .success(()) }
            let isOver = queue.hasEnd && queue.isEmpty
            return isOver ? .failure(ProgressClientError(.ended, "The operation has ended.")) : nil
        }
    }
}
