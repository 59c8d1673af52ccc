// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
public import LiveProgress
import LiveProgressWire
import NIOHTTP1

extension ProgressClient {
    /// Creates an operation; one of that identifier that has ended, has expired or was deleted starts anew.
    ///
    /// - Parameters:
    ///   - id: The identifier, or `nil` to let the server choose one.
    ///   - options: Title, parent, labels and the like.
    ///   - report: What is known from the start.
    ///   - idempotencyKey: Names this creation: repeating the call with the same key creates nothing new. By
    ///     default a new one for each call.
    /// - Returns: The first snapshot, and the tokens for the operation where the server hands them on.
    /// - Throws: Such as ``ProgressClientError/Code/alreadyExists``.
    public func create(
        id: ProgressID? = nil,
        options: ProgressOptions = ProgressOptions(),
        report: ProgressReport? = nil,
        idempotencyKey: String? = nil
    ) async throws(ProgressClientError) -> ProgressCreation {
        let key = idempotencyKey ?? UUID().uuidString.lowercased()
        let answer = try await send(
            HTTPCall(
                method: .POST,
                path: server.apiPath,
                headers: [("Idempotency-Key", key)],
                body: ProgressReportBody.encodeCreate(id: id, options: options, report: report)
            )
        )
        return try decode {
            ProgressCreation(
                snapshot: try ProgressMessage.decodeSnapshot(answer.body),
                tokens: try ProgressMessage.decodeTokens(answer.body)
            )
        }
    }

    /// Reports on an operation; each report is one revision.
    ///
    /// - Parameters:
    ///   - id: The operation.
    ///   - report: What is new; what is absent stays as it is.
    ///   - cursor: Where the operation must be for the report to count, or `nil` for anywhere.
    ///   - idempotencyKey: Names this report: repeating the call with the same key changes nothing more, so that also one
    ///     that adds (`advance`) may be sent again where its answer was lost.
    /// - Returns: The snapshot after the report.
    /// - Throws: Such as ``ProgressClientError/Code/ended`` or ``ProgressClientError/Code/cursorMismatch``.
    public func report(
        _ id: ProgressID,
        _ report: ProgressReport,
        ifMatch cursor: ProgressCursor? = nil,
        idempotencyKey: String? = nil
    ) async throws(ProgressClientError) -> ProgressSnapshot {
        try await snapshot(
            HTTPCall(
                method: .PATCH,
                path: ProgressRoutes.path(for: id, under: server.apiPath),
                headers: [("If-Match", cursor.map { "\"\($0)\"" }), ("Idempotency-Key", idempotencyKey)]
                    .compactMap { name, value in value.map { (name, $0) } },
                body: ProgressReportBody.encodeReport(report)
            )
        )
    }

    /// The newest snapshot of an operation.
    ///
    /// - Throws: Such as ``ProgressClientError/Code/unknown``.
    public func get(_ id: ProgressID) async throws(ProgressClientError) -> ProgressSnapshot {
        try await snapshot(HTTPCall(method: .GET, path: ProgressRoutes.path(for: id, under: server.apiPath)))
    }

    /// A page of the server's operations, the newest first.
    ///
    /// - Throws: A ``ProgressClientError``.
    public func list(_ query: ProgressQuery = ProgressQuery()) async throws(ProgressClientError) -> ProgressPage {
        let path = server.apiPath + ListParameters.query(of: query)
        let answer = try await send(HTTPCall(method: .GET, path: path))
        return try decode { try ProgressMessage.decodePage(answer.body) }
    }

    /// Asks an operation to stop; its worker decides when it does.
    ///
    /// - Returns: The snapshot, `cancelling` where the worker has not stopped yet.
    /// - Throws: Such as ``ProgressClientError/Code/notCancellable``.
    @discardableResult
    public func cancel(_ id: ProgressID) async throws(ProgressClientError) -> ProgressSnapshot {
        try await snapshot(HTTPCall(method: .POST, path: ProgressRoutes.cancelPath(for: id, under: server.apiPath)))
    }

    /// Makes the server forget an operation, which does not stop its worker.
    ///
    /// - Throws: Such as ``ProgressClientError/Code/unknown``.
    public func delete(_ id: ProgressID) async throws(ProgressClientError) {
        _ = try await send(HTTPCall(method: .DELETE, path: ProgressRoutes.path(for: id, under: server.apiPath)))
    }

    private func snapshot(_ call: HTTPCall) async throws(ProgressClientError) -> ProgressSnapshot {
        let answer = try await send(call)
        return try decode { try ProgressMessage.decodeSnapshot(answer.body) }
    }

    /// The answer to a call where it is one of success, else the error that it tells of.
    private func send(_ call: HTTPCall) async throws(ProgressClientError) -> HTTPAnswer {
        let answer = try await HTTPExchange(server: server, configuration: configuration, group: group).send(call)
        if (200...299).contains(answer.status) { return answer }
        throw ProgressClientError(answer)
    }

    private func decode<Value>(_ body: () throws -> Value) throws(ProgressClientError) -> Value {
        do {
            return try body()
        } catch {
            throw ProgressClientError(.invalidAnswer, "The server's answer cannot be understood: \(error)")
        }
    }
}

extension ProgressClientError {
    /// The error that a refusal tells of.
    init(_ answer: HTTPAnswer) {
        let isProblem = answer.headers.first(name: "Content-Type")?.lowercased().contains("problem+json") ?? false
        let seconds = answer.headers.first(name: "Retry-After").flatMap { Int64($0) }
        self.init(
            status: answer.status,
            problem: isProblem ? try? ProgressMessage.decodeProblem(answer.body) : nil,
            retryAfter: seconds.map { .seconds(min(max($0, 0), 86400)) }
        )
    }
}
