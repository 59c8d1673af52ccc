// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension ProgressService {
    /// Runs work as an operation: creates it, makes its tracker the current one, and ends it with the work's outcome.
    ///
    /// Inside the closure, ``ProgressTracker/current`` is the operation's tracker. The operation succeeds when the
    /// closure returns, fails when the closure throws an error, and is cancelled when the closure throws
    /// `CancellationError`. A request to cancel cancels the task.
    ///
    /// ```swift
    /// try await service.run("Import") { tracker in
    ///     for try await row in rows.trackingProgress(total: count) { try await insert(row) }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - title: A title for people.
    ///   - id: The identifier; by default a random UUID.
    ///   - labels: Labels to select operations by.
    ///   - operation: The work; it may end the operation itself, to set a result.
    /// - Returns: The value that the work returns.
    /// - Throws: The error that the work throws; ``ProgressError`` if the operation cannot be created.
    @discardableResult
    public func run<Result: Sendable>(
        _ title: String,
        id: ProgressID = ProgressID(),
        labels: [String: String] = [:],
        operation: @escaping @Sendable (ProgressTracker) async throws -> Result
    ) async throws -> Result {
        let options = ProgressOptions(title: title, labels: labels, isCancellable: true)
        let tracker = try createProgress(id: id, options: options)
        return try await tracker.run(operation)
    }

    /// Runs work as an operation that reports through ``ProgressTracker/current``.
    @discardableResult
    public func run<Result: Sendable>(
        _ title: String,
        id: ProgressID = ProgressID(),
        labels: [String: String] = [:],
        operation: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        try await run(title, id: id, labels: labels) { _ in try await operation() }
    }

    /// Starts work as an operation in a new task, and returns the operation's identifier immediately.
    ///
    /// - Parameters:
    ///   - title: A title for people.
    ///   - id: The identifier; by default a random UUID.
    ///   - labels: Labels to select operations by.
    ///   - operation: The work, as for `run`.
    /// - Returns: The operation's identifier and the task that does the work.
    /// - Throws: ``ProgressError`` if the operation cannot be created.
    public func start<Result: Sendable>(
        _ title: String,
        id: ProgressID = ProgressID(),
        labels: [String: String] = [:],
        operation: @escaping @Sendable (ProgressTracker) async throws -> Result
    ) throws(ProgressError) -> StartedProgress<Result> {
        let options = ProgressOptions(title: title, labels: labels, isCancellable: true)
        let tracker = try createProgress(id: id, options: options)
        return StartedProgress(id: tracker.id, task: Task { try await tracker.run(operation) })
    }
}

/// A started operation and the task that does its work.
public struct StartedProgress<Result: Sendable>: Sendable {
    /// The operation's identifier.
    public let id: ProgressID
    /// The task that does the work.
    public let task: Task<Result, any Error>
}

/// A value that `ProgressService.run` stores as the operation's result.
public protocol ProgressResultConvertible {
    /// The value as the operation's result.
    var progressResult: JSONValue { get }
}

extension JSONValue: ProgressResultConvertible {
    /// The value itself.
    public var progressResult: JSONValue { self }
}
