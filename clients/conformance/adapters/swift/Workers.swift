// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressClient

/// The operations that this adapter reports on.
final class Workers {
    private var queues: [String: AsyncStream<Command>.Continuation] = [:]

    /// Passes a command to the task of its operation, which performs the commands in order.
    func perform(_ command: Command) {
        let name = command["op"]?.stringValue ?? ""
        if queues[name] == nil {
            let (commands, queue) = AsyncStream<Command>.makeStream()
            queues[name] = queue
            Task { await Worker(name: name).perform(commands) }
        }
        queues[name]?.yield(command)
    }
}

/// The worker of one operation.
private struct Worker {
    let name: String

    func perform(_ commands: AsyncStream<Command>) async {
        var tracker = ProgressTracker.noop
        for await command in commands {
            do {
                if command.name == "create" {
                    tracker = try create(command)
                    observe(tracker)
                } else {
                    try await perform(command, on: tracker)
                }
            } catch {
                Output.tell("error", command.number, ["kind": "raised", "detail": .string("\(error)")])
            }
            Output.tell("done", command.number)
        }
    }

    private func create(_ command: Command) throws -> ProgressTracker {
        var configuration = ProgressClient.Configuration()
        configuration.token = command["token"]?.stringValue
        let client =
            if let server = command["server"]?.stringValue {
                try ProgressClient?.some(ProgressClient(url: server, configuration: configuration))
            } else {
                try ProgressClient.fromEnvironment(configuration: configuration)
            }
        let id = command["id"]?.stringValue.flatMap { ProgressID($0) } ?? ProgressID()
        let options = ProgressOptions(title: command["title"]?.stringValue, isCancellable: true)
        let tracker = client?.beginProgress(id: id, options: options) ?? .noop
        if command["total"] != nil || command["unit"] != nil {
            tracker.setCounts(total: command["total"]?.intValue, unit: command["unit"]?.stringValue)
        }
        return tracker
    }

    private func perform(_ command: Command, on tracker: ProgressTracker) async throws {
        switch command.name {
        case "update": tracker.update(command["state"]?.stringValue ?? "", details: command["details"] ?? .null)
        case "advance":
            for _ in 0..<(command["times"]?.intValue ?? 1) { tracker.advance(by: command["by"]?.intValue ?? 1) }
        case "ask": await ask(command, on: tracker)
        case "succeed": tracker.succeed(result: command["result"])
        case "fail":
            let (title, detail) = (command["title"]?.stringValue ?? "", command["detail"]?.stringValue)
            tracker.end(.failed(ProgressProblem(title: title, detail: detail)))
        default: tracker.cancel()
        }
        guard ["succeed", "fail", "cancelled"].contains(command.name) else { return }
        // A refusal is an event of its own.
        _ = try? await tracker.delivered(within: .seconds(4))
    }

    private func ask(_ command: Command, on tracker: ProgressTracker) async {
        do {
            let answer = try await tracker.ask(
                command["message"]?.stringValue ?? "",
                choices: command["choices"]?.arrayValue?.compactMap(\.stringValue) ?? [],
                default: command["default"]?.stringValue,
                within: command["timeout"]?.doubleValue.map { .seconds($0) },
                kind: command["kind"]?.stringValue.flatMap { ProgressQuestion.Kind(rawValue: $0) } ?? .question
            )
            Output.tell("answered", command.number, ["answer": .string(answer)])
        } catch {
            Output.tell("error", command.number, Output.members(of: error))
        }
    }

    /// Reports a request to cancel, and the error with which the server refuses all reports.
    private func observe(_ tracker: ProgressTracker) {
        guard !tracker.isNoop else { return }
        Task { [name] in
            guard (try? await tracker.cancellationRequested()) != nil else { return }
            Output.tell("cancelling", ["op": .string(name)])
        }
        Task { [name] in
            do {
                while try await tracker.delivered() { try await Task.sleep(for: .milliseconds(20)) }
            } catch {
                Output.tell("refused", ["op": .string(name)], Output.members(of: error))
            }
        }
    }
}
