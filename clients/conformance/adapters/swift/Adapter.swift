// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressClient
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Runs the Swift client for the conformance suite (`clients/conformance/ADAPTER.md`).
@main
struct Adapter {
    private static let abilities: JSONValue = [
        "watch", "report", "cancel", "tokens", "environment", "cursor", "refusals", "ask", "answer",
    ]

    static func main() async throws {
        Output.tell(
            "ready",
            ["client": "swift", "can": abilities],
            ["transport": "websocket", "origins": []]
        )
        let watches = Watches()
        let workers = Workers()
        while let line = readLine() {
            guard let members = try JSONValue(parsing: line).objectValue else { continue }
            let command = Command(members)
            switch command.name {
            case "exit": exit(0)
            case "watch": watches.begin(command)
            case "stop": watches.stop(command)
            // This loop blocks the main actor.
            case "cancel": Task.detached { await perform(command) { _ = try await $0.cancel($1) } }
            case "answer":
                let (text, number) = (command["text"]?.stringValue ?? "", command["number"]?.intValue.map { Int($0) })
                Task.detached { await perform(command) { _ = try await $0.answer($1, text, number: number) } }
            default: workers.perform(command)
            }
        }
        exit(0)
    }

    private static func perform(
        _ command: Command,
        _ request: (ProgressClient, ProgressID) async throws -> Void
    ) async {
        do {
            let (client, id) = try command.operation()
            try await request(client, id)
        } catch {
            Output.tell("error", command.number, Output.members(of: error))
        }
        Output.tell("done", command.number)
    }
}

/// One command of the runner.
struct Command: Sendable {
    private let members: JSONObject

    init(_ members: JSONObject) { self.members = members }

    subscript(name: String) -> JSONValue? { members[name] }

    var name: String { self["do"]?.stringValue ?? "" }
    var number: JSONObject { ["n": self["n"] ?? 0] }

    /// The client and the identifier of the operation at the command's URL.
    func operation() throws -> (ProgressClient, ProgressID) {
        var environment = ["LIVE_PROGRESS_URL": self["url"]?.stringValue ?? ""]
        environment["LIVE_PROGRESS_TOKEN"] = self["token"]?.stringValue
        var configuration = ProgressClient.Configuration()
        if let tokens = self["tokens"]?.arrayValue?.compactMap(\.stringValue), !tokens.isEmpty {
            let rest = TokenList(tokens)
            configuration.tokenSource = { rest.next() }
        }
        guard let client = try ProgressClient.fromEnvironment(environment, configuration: configuration),
            let id = client.operation
        else {
            throw ProgressClientError(.invalidURL, "The command has no URL of an operation.")
        }
        return (client, id)
    }
}

/// The tokens of a command: one after the other, and then always the last one.
private final class TokenList: Sendable {
    private let rest: Mutex<[String]>

    init(_ tokens: [String]) { rest = Mutex(tokens) }

    func next() -> String { rest.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] } }
}

/// The events to the runner, one line each.
enum Output {
    private static let lock = Mutex(())

    static func tell(_ event: String, _ members: JSONObject...) {
        var line: JSONObject = ["event": .string(event)]
        for (name, value) in members.flatMap({ Array($0) }) { line[name] = value }
        let bytes = Array("\(JSONValue.object(line))\n".utf8)
        lock.withLock { _ in _ = write(STDOUT_FILENO, bytes, bytes.count) }
    }

    /// Returns the members of an event for an error.
    static func members(of error: any Error) -> JSONObject {
        if error is CancellationError { return ["kind": "cancelled"] }
        if let error = error as? ProgressError {
            let kind = error.code == .unanswered ? "unanswered" : "ended"
            return ["kind": .string(kind), "detail": .string(error.message)]
        }
        guard let error = error as? ProgressClientError else {
            return ["kind": "raised", "detail": .string("\(error)")]
        }
        let kind: String =
            switch error.code {
            case .unauthenticated, .forbidden, .unknown, .gone, .ended, .notWaiting, .alreadyAnswered,
                .answerNotAccepted:
                error.code.name
            case _ where error.isTransient: "unreachable"
            default: "refused"
            }
        return ["kind": .string(kind), "detail": .string(error.message)]
    }
}
