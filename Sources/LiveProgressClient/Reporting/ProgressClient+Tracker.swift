// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress

extension ProgressClient {
    /// Creates an operation on the server, and returns its tracker; replaces an operation with the same identifier that
    /// has ended.
    ///
    /// The tracker has all the calls of a tracker in a `ProgressService`: reporting never waits. A background task sends
    /// the changes to the server, at most ten times a second, and renews the lease of a silent worker. While the server
    /// cannot be reached, the newest changes wait in bounded memory. If the server refuses all further reports, because
    /// the operation was deleted or another worker has ended it, the tracker refuses them too.
    ///
    /// ```swift
    /// let tracker = try await client.createProgress(options: ProgressOptions(title: "Import"))
    /// tracker.update("Reading", details: ["file": "a.csv"])
    /// tracker.succeed()
    /// try await tracker.delivered()
    /// ```
    /// Watchers are on the server: `startSignal` does not fire, and `watcherCount` is 0.
    ///
    /// - Parameters:
    ///   - id: The identifier; by default a random UUID.
    ///   - options: The title, parent, labels and other options.
    ///   - report: The first report.
    /// - Returns: The worker's tracker; a tracker that is released without an end ends the operation as abandoned.
    /// - Throws: ``ProgressClientError``, such as ``ProgressClientError/Code/unreachable`` or
    ///   ``ProgressClientError/Code/alreadyExists``.
    public func createProgress(
        id: ProgressID = ProgressID(),
        options: ProgressOptions = ProgressOptions(),
        report: ProgressReport? = nil
    ) async throws(ProgressClientError) -> ProgressTracker {
        let worker = RemoteWorker(self, creating: id, options, report)
        try await worker.sink.create()
        return worker.start()
    }

    /// Begins an operation without waiting for the server, and returns its tracker.
    ///
    /// The operation is created in the background, and again while the server cannot be reached. If the client names an
    /// ``operation``, the tracker reports on that operation, and the parameters are not used. `tracker.delivered()` throws
    /// if the server refuses.
    ///
    /// - Parameters:
    ///   - id: The identifier; by default a random UUID.
    ///   - options: The title, parent, labels and other options.
    /// - Returns: The worker's tracker, as from ``createProgress(id:options:report:)``.
    public func beginProgress(
        id: ProgressID = ProgressID(),
        options: ProgressOptions = ProgressOptions()
    ) -> ProgressTracker {
        background(id, options).start()
    }

    /// Begins an operation, and waits for the server at most a time; the operation is created later if it has not responded.
    ///
    /// - Throws: The error of the server if it refuses, or cannot be reached.
    @_spi(Server) public func beginProgress(
        id: ProgressID,
        options: ProgressOptions,
        within limit: Duration
    ) async throws -> BegunOperation {
        let worker = RemoteWorker(self, creating: id, options)
        let begun = BegunOperation(tracker: worker.start(), sink: worker.sink)
        try await worker.sink.created(within: limit)
        return begun
    }

    /// Returns the worker of the client's ``operation``, or of a new operation, before the server has been asked.
    private func background(_ id: ProgressID, _ options: ProgressOptions) -> RemoteWorker {
        if let operation { return RemoteWorker(self, unseen: operation, isGuest: isGuest) }
        return RemoteWorker(self, creating: id, options)
    }

    /// Returns a tracker for an operation that exists on the server, as ``createProgress(id:options:report:)`` does.
    ///
    /// - Parameter id: The identifier of the operation.
    /// - Returns: The worker's tracker.
    /// - Throws: ``ProgressClientError``, such as ``ProgressClientError/Code/unknown`` or
    ///   ``ProgressClientError/Code/ended``.
    public func getProgress(_ id: ProgressID) async throws(ProgressClientError) -> ProgressTracker {
        let snapshot = try await get(id)
        guard snapshot.outcome == nil else {
            throw ProgressClientError(.ended, "Operation \(id) has ended and accepts no more reports.")
        }
        return RemoteWorker(self, continuing: snapshot).start()
    }

    /// Runs work as an operation on the server: creates it, makes its tracker the current one, and ends it with the
    /// work's outcome.
    ///
    /// The call does what `ProgressService.run` does. If the client names an ``operation``, as
    /// ``fromEnvironment(_:configuration:)`` may, the work reports on that operation, and the title, identifier, labels
    /// and lease are not used. The work also runs while the server cannot be reached: the operation is then created
    /// later. After the work, the call waits for the server for a few seconds, and returns even if the end has not
    /// arrived by then. `tracker.delivered(within:)` in the work tells whether it has.
    ///
    /// ```swift
    /// try await client.run("Import") { tracker in
    ///     for row in rows.trackingProgress() { try await insert(row) }
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - title: A title for people.
    ///   - id: The identifier; by default a random UUID.
    ///   - labels: Labels to select operations by.
    ///   - lease: The time that this process may be silent, such as after a crash; by default that of the server.
    ///   - patience: The longest time to wait for the server after the work.
    ///   - operation: The work; it may end the operation itself, to set a result.
    /// - Returns: The value that the work returns.
    /// - Throws: The error that the work throws; ``ProgressClientError`` if the server refuses to create the operation; the work is then not done.
    @discardableResult
    public func run<Result: Sendable>(
        _ title: String,
        id: ProgressID = ProgressID(),
        labels: [String: String] = [:],
        lease: Duration? = nil,
        patience: Duration = .seconds(5),
        operation: @escaping @Sendable (ProgressTracker) async throws -> Result
    ) async throws -> Result {
        let options = ProgressOptions(title: title, labels: labels, isCancellable: true, lease: lease)
        let worker = await worker(id, options)
        let tracker = worker.start()
        try await worker.sink.created(within: configuration.patienceAtStart)
        do {
            let result = try await tracker.run(operation)
            await tracker.settle(patience)
            return result
        } catch {
            await tracker.settle(patience)
            throw error
        }
    }

    /// Runs work that reports on an operation which another process began and ends.
    @_spi(Server) public func guest<Result: Sendable>(
        of id: ProgressID,
        _ work: @escaping @Sendable (ProgressTracker) async throws -> Result
    ) async throws -> Result {
        var client = self
        client.operation = id
        client.isGuest = true
        return try await client.run("", operation: work)
    }

    /// Returns the worker of the client's ``operation`` as the server has it, or of a new operation.
    private func worker(_ id: ProgressID, _ options: ProgressOptions) async -> RemoteWorker {
        guard let operation else { return RemoteWorker(self, creating: id, options) }
        // The work does not depend on an operation that another process began: without it, the work reports nowhere.
        guard let snapshot = try? await hurried.get(operation) else { return background(id, options) }
        return RemoteWorker(self, continuing: snapshot, isGuest: isGuest)
    }
}

/// An operation that the server may create later.
@_spi(Server) public struct BegunOperation: Sendable {
    /// The worker's tracker.
    public let tracker: ProgressTracker
    fileprivate let sink: ServerSink

    /// Whether the server has created the operation by now.
    public var isCreated: Bool { sink.contact.isCreated }

    /// Why the newest request failed; `nil` after a success, and before the first response.
    public var failure: ProgressClientError? { sink.contact.failure }
}

extension ProgressClient {
    /// The same client, for a request that must not delay the work.
    var hurried: ProgressClient {
        configured {
            $0.connectTimeout = min($0.connectTimeout, $0.patienceAtStart)
            $0.requestTimeout = min($0.requestTimeout, $0.patienceAtStart)
        }
    }
}

extension ProgressTracker {
    /// Waits for the server at the end of a run; the run has its own outcome, whatever the server does.
    @_spi(Server) public func settle(_ patience: Duration) async {
        // The task may be cancelled, and its end must arrive all the same.
        await Task { _ = try? await self.delivered(within: patience) }.value
    }
}
