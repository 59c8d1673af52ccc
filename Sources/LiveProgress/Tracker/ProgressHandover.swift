// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// A share of an operation that another process does, as an operation of its own.
///
/// The other process reports with ``environment`` or ``field``. While it runs, its fraction counts in this operation by
/// the weight of the share. When it succeeds, the share is completed. If it fails, is cancelled or is lost, the share
/// keeps the fraction that it has, and ``result()`` throws.
///
/// ```swift
/// let upload = try await tracker.share(assigning: 30).handOver("Upload")
/// process.environment = ProcessInfo.processInfo.environment.merging(upload.environment) { $1 }
/// try process.run()
/// let result = try await upload.result()
/// ```
/// A request to cancel this operation also goes to the other operation. If this object is released earlier, the other
/// operation goes on, but counts no more.
///
/// If the server requires tokens, this program's token must permit it to create operations, with the given labels. A
/// token for one operation, such as the one in ``environment``, does not.
public final class ProgressHandover: Sendable {
    private struct State {
        var snapshot: ProgressSnapshot?
        var end: Result<JSONValue?, any Error>?
        var following: Task<Void, Never>?
    }

    private let operation: (any HandedOverOperation)?
    private let state = Mutex(State())
    private let changes = WakeGroup()

    /// Creates the handover of a share of no operation; its result is `nil`.
    init() {
        operation = nil
        state.withLock { $0.end = .success(nil) }
    }

    init(_ operation: any HandedOverOperation, as share: CountTree.NodeID, of journal: ProgressJournal) {
        self.operation = operation
        // Detached, so that no task holds the tracker of the work that hands the share over. The wait ends with the
        // operation, even if the handover is released earlier.
        Task.detached {
            guard (try? await journal.cancelRequested.wait()) != nil else { return }
            await operation.requestCancel()
        }
        let task = Task.detached { [weak self] in
            var last: ProgressSnapshot?
            let end: Result<JSONValue?, any Error>
            do {
                try await operation.follow { snapshot in
                    last = snapshot
                    journal.note(snapshot, as: share)
                    self?.state.withLock { $0.snapshot = snapshot }
                }
                end = try ProgressHandoverError.result(of: operation.id, last)
            } catch {
                end = .failure(ProgressHandoverError.lost(operation.id, error, last))
            }
            self?.state.withLock { $0.end = end }
            self?.changes.wake()
        }
        state.withLock { $0.following = task }
    }

    deinit { state.withLock { $0.following }?.cancel() }

    /// The identifier of the other operation; its parent is this operation.
    public var id: ProgressID { operation?.id ?? .empty }

    /// The address of the other operation, with the tokens for its worker and for watchers; `nil` without an operation.
    public var link: ProgressLink? { operation?.link }

    /// The newest snapshot of the other operation; `nil` until the first one has arrived.
    ///
    /// Its status is ``ProgressStatus/stalled`` while the other process is silent.
    public var snapshot: ProgressSnapshot? { state.withLock { $0.snapshot } }

    /// The variables with which the other process reports on the operation, and ends it.
    public var environment: [String: String] {
        link?.environment.merging(["LIVE_PROGRESS_OWNER": "1"]) { $1 } ?? [:]
    }

    /// The value of the request field `Live-Progress`, with which the server of a request reports on the operation and
    /// ends it; `nil` without an operation.
    ///
    /// The value has the token for the worker: send it over TLS, and only to a server that you trust.
    public var field: String? {
        link.map { link in link.tokens.map { "\(link.url);token=\($0.report)" } ?? link.url }
    }

    /// Returns the result of the other operation, when it has succeeded; returns `nil` at once without an operation.
    ///
    /// If the waiting task is cancelled, the other operation is asked to stop.
    ///
    /// - Throws: ``ProgressHandoverError`` if the other operation failed, was cancelled or cannot be watched any more;
    ///   `CancellationError` if the waiting task is cancelled.
    public func result() async throws -> JSONValue? {
        let end: Result<JSONValue?, any Error>?
        do throws(CancellationError) {
            end = try await changes.wait { state.withLock { $0.end } }
        } catch {
            // The process may end after this call, so the request is sent first.
            if let operation { await Task.detached { await operation.requestCancel() }.value }
            throw error
        }
        return try end?.get() ?? nil
    }

    /// Ends the other operation as failed, because this process knows that the other one cannot: it did not start, or
    /// has exited.
    ///
    /// - Throws: The error of the server, such as that the operation has ended already.
    public func fail(_ error: any Error) async throws {
        try await operation?.end(.failed(ProgressProblem(error)))
    }
}

extension ProgressShare {
    /// Gives the share to another process, as an operation of its own whose parent is this operation.
    ///
    /// - Parameters:
    ///   - title: The title of the other operation.
    ///   - labels: Labels to select the other operation by.
    ///   - lease: The time that the other process may be silent; by default that of the server.
    /// - Returns: The handover, with the variables and the field for the other process. The share of
    ///   ``ProgressTracker/noop`` has a handover without an operation and without variables.
    /// - Throws: ``ProgressHandoverError`` if this operation is on no server; the error with which the server refuses
    ///   the new operation.
    ///   Then the share is not completed.
    public consuming func handOver(
        _ title: String,
        labels: [String: String] = [:],
        lease: Duration? = nil
    ) async throws -> ProgressHandover {
        guard let (journal, node) = take() else { return ProgressHandover() }
        guard let host = journal.dependencies.host.host else {
            throw ProgressHandoverError(
                "The operation is on no server, so no other process can report on a part of it. "
                    + "Create it with a ProgressClient, or set publicURL of the API that serves its ProgressService."
            )
        }
        let options = ProgressOptions(
            title: title,
            parent: journal.id,
            labels: labels,
            isCancellable: true,
            lease: lease
        )
        return ProgressHandover(try await host.handOver(options), as: node, of: journal)
    }
}

extension ProgressJournal {
    /// The number that stands for the fraction 1 of a share.
    private static let wholeShare: Int64 = 1 << 52

    /// Counts the progress of another operation as the progress of a share.
    fileprivate func note(_ snapshot: ProgressSnapshot, as share: CountTree.NodeID) {
        if snapshot.status == .succeeded { return finishPart(share) }
        guard let fraction = snapshot.fractionCompleted, isLive(share) else { return }
        let completed = Int64((fraction * Double(Self.wholeShare)).rounded())
        _ = tick { $0.set(completed: completed, total: .count(Self.wholeShare), unit: nil, of: share) }
    }
}

/// The reason why a share could not be handed over, or why the other process has not completed it.
public struct ProgressHandoverError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What happened, and what to do.
    public let message: String
    /// The last snapshot of the other operation, if it had begun; a failure is its ``ProgressSnapshot/error``.
    public let snapshot: ProgressSnapshot?

    init(_ message: String, snapshot: ProgressSnapshot? = nil) {
        self.message = message
        self.snapshot = snapshot
    }

    /// The message.
    public var description: String { message }

    /// The operation cannot be watched to its end.
    fileprivate static func lost(_ id: ProgressID, _ error: any Error, _ last: ProgressSnapshot?) -> any Error {
        if error is CancellationError { return error }
        return ProgressHandoverError("Operation \(id) cannot be watched any more: \(error)", snapshot: last)
    }

    /// Returns the result of an operation that has succeeded, or why it has not.
    fileprivate static func result(
        of id: ProgressID,
        _ last: ProgressSnapshot?
    ) throws -> Result<JSONValue?, any Error> {
        let title = last?.title.map { "\"\($0)\" (operation \(id))" } ?? "Operation \(id)"
        switch last?.outcome {
        case .succeeded(let result): return .success(result)
        case .failed(let problem):
            let reason = problem.detail ?? problem.title
            return .failure(ProgressHandoverError("\(title) failed: \(reason)", snapshot: last))
        case .cancelled: return .failure(ProgressHandoverError("\(title) was cancelled.", snapshot: last))
        case nil: throw CancellationError()
        }
    }
}
