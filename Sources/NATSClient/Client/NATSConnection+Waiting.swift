// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import Synchronization

extension NATSConnection {
    /// Makes the calls that a method of the state returned, without its lock.
    func call(_ calls: [ClientState.Call]) {
        for call in calls { call() }
    }

    /// Waits for a result; a cancelled task stops to wait at once.
    ///
    /// - Parameters:
    ///   - register: Registers the wait under its number. It completes the wait once, now or later, unless it throws.
    ///   - forget: Removes the wait from the state, and returns its completion if it was still there.
    /// - Returns: The result of the wait.
    /// - Throws: The error of the wait or of its registration, or ``NATSError/Code/cancelled``.
    func wait<Value: Sendable>(
        _ register: (UInt64, @escaping ClientState.Completion<Value>) throws(NATSError) -> Void,
        forget: @escaping @Sendable (inout ClientState, UInt64) -> ClientState.Completion<Value>?
    ) async throws(NATSError) -> Value {
        let id = state.withLock { $0.nextID() }
        let cancel: @Sendable () -> Void = {
            let complete = self.state.withLock { forget(&$0, id) }
            complete?(.failure(NATSError(.cancelled, "The call was cancelled.")))
        }
        let result: Result<Value, NATSError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                do throws(NATSError) {
                    try register(id) { continuation.resume(returning: $0) }
                } catch {
                    continuation.resume(returning: .failure(error))
                }
                // A cancellation before the registration found nothing to forget.
                if Task.isCancelled { cancel() }
            }
        } onCancel: {
            cancel()
        }
        return try result.get()
    }

    /// Sends what waits in the outbox, on the event loop.
    func scheduleFlush() {
        eventLoop.execute {
            if let channel = self.state.withLock({ $0.link?.channel }) { self.flushOutbox(of: channel) }
        }
    }

    /// Sends what waits in the outbox if the connection can take it; runs on the event loop.
    func flushOutbox(of channel: any Channel) {
        // When the connection can take more, the handler calls this again.
        guard channel.isWritable, let buffer = state.withLock({ $0.takeOutbox(for: channel) }) else { return }
        let count = buffer.readableBytes
        channel.writeAndFlush(buffer).whenComplete { _ in
            self.state.withLock { $0.noteSent(count, on: channel) }
        }
    }
}
