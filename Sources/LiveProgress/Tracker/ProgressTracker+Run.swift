// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension ProgressTracker {
    /// Does work as this operation: makes the tracker the current one, and ends the operation with the work's outcome.
    ///
    /// The operation succeeds when the closure returns, fails when the closure throws an error, and is cancelled when the
    /// closure throws `CancellationError`. A request to cancel cancels the task.
    ///
    /// - Parameter operation: The work; it may end the operation itself, to set a result.
    /// - Returns: The value that the work returns.
    /// - Throws: The error that the work throws.
    @discardableResult
    public func run<Result: Sendable>(
        _ operation: @escaping @Sendable (ProgressTracker) async throws -> Result
    ) async throws -> Result {
        do {
            let result = try await cancelling(operation)
            succeed(result: (result as? any ProgressResultConvertible)?.progressResult)
            return result
        } catch is CancellationError {
            cancel()
            throw CancellationError()
        } catch {
            fail(error)
            throw error
        }
    }

    private enum Step<Result: Sendable>: Sendable {
        case done(Result)
        case askedToStop
        case overBeforeAsked
    }

    /// Does the work, and cancels its task when a client asks the operation to stop.
    private func cancelling<Result: Sendable>(
        _ operation: @escaping @Sendable (ProgressTracker) async throws -> Result
    ) async throws -> Result {
        try await withThrowingTaskGroup(of: Step<Result>.self) { group in
            group.addTask { .done(try await withProgress(self) { try await operation(self) }) }
            group.addTask { await self.waitForRequest() }
            while let step = try await group.next() {
                switch step {
                case .done(let result):
                    group.cancelAll()
                    return result
                case .askedToStop: group.cancelAll()
                case .overBeforeAsked: break
                }
            }
            // Not reached: the step of the work ends the loop first.
            throw CancellationError()
        }
    }

    private func waitForRequest<Result>() async -> Step<Result> {
        do {
            try await cancellationRequested()
            return .askedToStop
        } catch {
            return .overBeforeAsked
        }
    }
}
