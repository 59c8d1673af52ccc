// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
public import LiveProgress
@_spi(Server) import LiveProgressWire
import NIOHTTP1

extension ProgressClient {
    /// Creates an operation; replaces an operation with the same identifier that has ended, expired or been deleted.
    ///
    /// - Parameters:
    ///   - id: The identifier, or `nil` to let the server choose one.
    ///   - options: The title, parent, labels and other options.
    ///   - report: The first report.
    ///   - idempotencyKey: The key of this creation: a repeated call with the same key creates nothing new. By default
    ///     each call has a new key.
    /// - Returns: The first snapshot, and the tokens for the operation if the server issues them.
    /// - Throws: ``ProgressClientError``, such as ``ProgressClientError/Code/alreadyExists``.
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
    ///   - id: The identifier of the operation.
    ///   - report: The changes; absent members stay as they are.
    ///   - cursor: The cursor that the operation must have, or `nil` for any cursor.
    ///   - idempotencyKey: The key of this report: a repeated call with the same key changes nothing more. With a key,
    ///     a report that adds (`advance`) is also safe to repeat after a lost response.
    /// - Returns: The snapshot after the report.
    /// - Throws: ``ProgressClientError``, such as ``ProgressClientError/Code/ended`` or
    ///   ``ProgressClientError/Code/cursorMismatch``.
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

    /// Returns the newest snapshot of an operation.
    ///
    /// - Throws: ``ProgressClientError``, such as ``ProgressClientError/Code/unknown``.
    public func get(_ id: ProgressID) async throws(ProgressClientError) -> ProgressSnapshot {
        try await snapshot(HTTPCall(method: .GET, path: ProgressRoutes.path(for: id, under: server.apiPath)))
    }

    /// Returns a page of the server's operations, the newest first.
    ///
    /// - Throws: ``ProgressClientError``.
    public func list(_ query: ProgressQuery = ProgressQuery()) async throws(ProgressClientError) -> ProgressPage {
        let path = server.apiPath + ListParameters.query(of: query)
        let answer = try await send(HTTPCall(method: .GET, path: path))
        return try decode { try ProgressMessage.decodePage(answer.body) }
    }

    /// Asks an operation to stop; the worker decides when it stops.
    ///
    /// - Returns: The snapshot; its status is `cancelling` until the worker stops.
    /// - Throws: ``ProgressClientError``, such as ``ProgressClientError/Code/notCancellable``.
    @discardableResult
    public func cancel(_ id: ProgressID) async throws(ProgressClientError) -> ProgressSnapshot {
        try await snapshot(HTTPCall(method: .POST, path: ProgressRoutes.cancelPath(for: id, under: server.apiPath)))
    }

    /// Answers the question of an operation.
    ///
    /// - Parameters:
    ///   - id: The operation.
    ///   - answer: The answer: one of the choices, or a text if the question has no choices.
    ///   - number: The number of the question; `nil` for the open one.
    /// - Returns: The snapshot after the answer.
    /// - Throws: ``ProgressClientError``, such as ``ProgressClientError/Code/alreadyAnswered``.
    @discardableResult
    public func answer(
        _ id: ProgressID,
        _ answer: String,
        number: Int? = nil
    ) async throws(ProgressClientError) -> ProgressSnapshot {
        let path = ProgressRoutes.answerPath(for: id, under: server.apiPath)
        let body = AnswerBody(answer: answer, number: number).json
        return try await snapshot(HTTPCall(method: .POST, path: path, body: body))
    }

    /// Deletes an operation from the server; does not stop its worker.
    ///
    /// - Throws: ``ProgressClientError``, such as ``ProgressClientError/Code/unknown``.
    public func delete(_ id: ProgressID) async throws(ProgressClientError) {
        _ = try await send(HTTPCall(method: .DELETE, path: ProgressRoutes.path(for: id, under: server.apiPath)))
    }

    private func snapshot(_ call: HTTPCall) async throws(ProgressClientError) -> ProgressSnapshot {
        let answer = try await send(call)
        return try decode { try ProgressMessage.decodeSnapshot(answer.body) }
    }

    /// Sends a call, and returns a response with a 2xx status; throws the error of any other response.
    func send(_ call: HTTPCall) async throws(ProgressClientError) -> HTTPAnswer {
        let answer = try await HTTPExchange(server: server, configuration: configuration, group: group).send(call)
        if (200...299).contains(answer.status) { return answer }
        throw ProgressClientError(answer)
    }

    func decode<Value>(_ body: () throws -> Value) throws(ProgressClientError) -> Value {
        do {
            return try body()
        } catch {
            throw ProgressClientError(.invalidAnswer, "The server's response is invalid: \(error)")
        }
    }
}

extension ProgressClientError {
    /// Creates the error that a response reports.
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
