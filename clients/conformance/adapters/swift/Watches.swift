// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressClient

/// The active watches.
final class Watches {
    private var tasks: [JSONValue: Task<Void, Never>] = [:]

    func begin(_ command: Command) {
        let task = Task { await Watches.follow(command) }
        tasks[command["n"] ?? 0] = task
    }

    private static func follow(_ command: Command) async {
        do {
            let (client, id) = try command.operation()
            let cursor = command["cursor"]?.stringValue.flatMap { ProgressCursor($0) }
            for try await event in client.events(of: id, from: cursor) {
                Output.tell("snapshot", command.number, ["snapshot": .object(shown(event))])
                guard let outcome = event.snapshot.outcome else { continue }
                Output.tell("end", command.number, ["status": .string(outcome.status.rawValue)])
            }
        } catch {
            // If the runner has stopped the watch, it needs no reason.
            let isStopped = (error as? ProgressClientError)?.code == .cancelled
            if !isStopped { Output.tell("error", command.number, Output.members(of: error)) }
        }
        Output.tell("done", command.number)
    }

    func stop(_ command: Command) {
        tasks[command["watch"] ?? 0]?.cancel()
        Output.tell("done", command.number)
    }

    /// Returns a snapshot with the names of the wire.
    private static func shown(_ event: ProgressEvent) -> JSONObject {
        let snapshot = event.snapshot
        return [
            "cursor": .string(snapshot.cursor.description),
            "revision": .integer(Int64(snapshot.revision)),
            "status": .string(snapshot.status.rawValue),
            "state": .string(snapshot.state),
            "details": snapshot.details,
            "progress": snapshot.counts.map { .object(shown($0)) } ?? .null,
            "skipped": .integer(Int64(event.skipped)),
            "result": snapshot.result ?? .null,
            "error": snapshot.error.map { .object(shown($0)) } ?? .null,
            "waitingFor": snapshot.waitingFor.map { .object(shown($0)) } ?? .null,
            "lastAnswer": snapshot.lastAnswer.map { .object(shown($0)) } ?? .null,
        ]
    }

    private static func shown(_ open: ProgressQuestion.Open) -> JSONObject {
        [
            "number": .integer(Int64(open.number)),
            "kind": .string(open.question.kind.rawValue),
            "message": .string(open.question.message),
            "choices": .array(open.question.choices.map { .string($0) }),
            "default": open.question.defaultAnswer.map { .string($0) } ?? .null,
        ]
    }

    private static func shown(_ last: ProgressAnswer) -> JSONObject {
        [
            "number": .integer(Int64(last.number)),
            "message": .string(last.message),
            "answer": last.answer.map { .string($0) } ?? .null,
            "answeredBy": last.answeredBy.map { .string($0) } ?? .null,
            "isExpired": .bool(last.isExpired),
        ]
    }

    private static func shown(_ counts: ProgressCounts) -> JSONObject {
        [
            "completedCount": .integer(counts.completedCount),
            "totalCount": counts.totalCount.map { .integer($0) } ?? .null,
            "unit": counts.unit.map { .string($0) } ?? .null,
            "fractionCompleted": counts.fractionCompleted.map { .number($0) } ?? .null,
        ]
    }

    private static func shown(_ problem: ProgressProblem) -> JSONObject {
        var members: JSONObject = ["title": .string(problem.title)]
        // This type means that the problem has none (RFC 9457).
        if problem.type != "about:blank" { members["type"] = .string(problem.type) }
        if let status = problem.status { members["status"] = .integer(Int64(status)) }
        if let detail = problem.detail { members["detail"] = .string(detail) }
        for (name, value) in problem.extensions { members[name] = value }
        return members
    }
}
