// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgress
import LiveProgressClient
import LiveProgressWire

/// `live-progress report`: says how an operation is going, or how it ended.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Say how an operation is going, or how it ended.",
        discussion: """
            All that is given at once is one revision; what is not given stays as it is, but a state without \
            details clears them.

              url=$(live-progress report --create --title Import --total 3 --unit files)
              live-progress report "$url" --state Reading --advance 1
              live-progress report "$url" --succeed --result '{"rows":7}'
            """
    )

    @Argument(help: "The operation's URL or identifier; with --create it may be left out.")
    var operation: String?

    @OptionGroup var server: ServerOptions
    @OptionGroup(title: "What to say") var content: ReportOptions
    @OptionGroup(title: "The end") var ending: EndingOptions

    @Flag(help: "Create the operation where it is not there yet, and print its URL then.")
    var create = false

    @Flag(
        help: """
            Print the snapshot after the report as JSON, in one line; with the tokens that the server hands on where \
            it was created.
            """
    )
    var json = false

    func validate() throws {
        guard create || operation != nil else {
            throw ValidationError("Name an operation, or let one be created with --create.")
        }
        guard create || content.isGiven || ending.isGiven else {
            throw ValidationError("There is nothing to report. Give --state, --advance, --succeed or the like.")
        }
    }

    func run() async throws {
        try await complaining {
            let report = content.report(outcome: ending.outcome)
            let sent = try await send(report)
            if let newURL = sent.newURL, !json { Console.write("\(newURL)\n") }
            if json {
                let text = ProgressMessage.encodeSnapshot(sent.snapshot, tokens: sent.tokens)
                Console.write(text + [UInt8(ascii: "\n")])
            }
        }
    }

    /// What has come of a report.
    private struct Sent {
        var snapshot: ProgressSnapshot
        /// The URL of what was created, if it was.
        var newURL: String?
        /// Printed only as JSON: the URL alone is what scripts write into their logs.
        var tokens: ProgressTokens?
    }

    /// Reports, and creates where that is asked for and needed.
    private func send(_ report: ProgressReport) async throws(ProgressClientError) -> Sent {
        guard let operation else { return try await make(nil, on: server.client(), report) }
        let target = try server.target(operation)
        let client = try server.client(of: target.server, link: operation)
        do throws(ProgressClientError) {
            return Sent(snapshot: try await client.report(target.id, report))
        } catch  where create && error.code == .unknown {
            do throws(ProgressClientError) {
                return try await make(target.id, on: client, report)
            } catch  where error.code == .alreadyExists {
                // Another one has created it meanwhile.
                return Sent(snapshot: try await client.report(target.id, report))
            }
        }
    }

    private func make(
        _ id: ProgressID?,
        on client: ProgressClient,
        _ report: ProgressReport
    ) async throws(ProgressClientError) -> Sent {
        let isEmpty = !content.isGiven && !ending.isGiven
        let created = try await client.create(id: id, report: isEmpty ? nil : report)
        let url = ProgressTarget(server: client.server, id: created.snapshot.id).url
        return Sent(snapshot: created.snapshot, newURL: url, tokens: created.tokens)
    }
}
