// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgress
@_spi(Server) import LiveProgressClient
@_spi(Server) import LiveProgressWire

/// `live-progress report`: reports the progress or the end of an operation.
struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Report the progress or the end of an operation.",
        discussion: """
            All values of one call form one revision. Values that are not given stay unchanged, but a state without \
            details clears the details.

              url=$(live-progress report --create --title Import --total 3 --unit files)
              live-progress report "$url" --state Reading --advance 1
              live-progress report "$url" --succeed --result '{"rows":7}'
            """
    )

    @Argument(help: "The operation's URL or identifier; optional with --create.")
    var operation: String?

    @OptionGroup var server: ServerOptions
    @OptionGroup(title: "Progress") var content: ReportOptions
    @OptionGroup(title: "The end") var ending: EndingOptions

    @Flag(help: "Create the operation if it does not exist, and print its URL.")
    var create = false

    @Flag(
        help: """
            Print the snapshot after the report as JSON on one line. The snapshot of a new operation includes its \
            tokens.
            """
    )
    var json = false

    func validate() throws {
        guard create || operation != nil else {
            throw ValidationError("Name an operation, or create one with --create.")
        }
        guard create || content.isGiven || ending.isGiven else {
            throw ValidationError("There is nothing to report. Use --state, --advance, --succeed or another option.")
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

    /// The result of a report.
    private struct Sent {
        var snapshot: ProgressSnapshot
        /// The URL of the operation if the report created it.
        var newURL: String?
        /// The tokens of a new operation; printed only as JSON, because scripts write the plain output to their logs.
        var tokens: ProgressTokens?
    }

    /// Sends a report; creates the operation if `--create` is given and the operation is unknown.
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
                // Another process has created the operation meanwhile.
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
