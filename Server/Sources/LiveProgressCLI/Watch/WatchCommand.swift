// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import FoundationEssentials
import LiveProgress
@_spi(Server) import LiveProgressClient

/// `live-progress watch`: follows an operation to its end.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Follow an operation to its end.",
        discussion: """
            On a terminal, the command redraws one line; elsewhere each change is a new line. The command reconnects \
            after a lost connection and continues at the last revision.

            Exit statuses: 0 succeeded, 1 failed, 3 cancelled, 4 no such operation, 69 the server cannot be \
            reached, 124 timed out, 130 interrupted.
            """
    )

    @Argument(help: "The operation's URL or identifier.")
    var operation: String

    @OptionGroup var server: ServerOptions

    @Option(
        help: ArgumentHelp("The cursor of the last revision seen; continue after it.", valueName: "cursor"),
        transform: ArgumentValues.cursor
    )
    var from: ProgressCursor?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Stop watching after this time, such as 90, 10m or 2h.", valueName: "time")
    )
    var timeout: DurationArgument?

    @Flag(help: "Print each message as JSON, one per line.")
    var json = false

    func run() async throws {
        let status = try await complaining {
            let environment = ProcessInfo.processInfo.environment
            let style = TerminalStyle(isTerminal: Console.Stream.output.isTerminal, environment: environment)
            let screen = WatchScreen(style: style, isJSON: json)
            let target = try server.target(operation)
            let session = WatchSession(
                target: target,
                configuration: try server.configuration(for: target.server, link: operation),
                cursor: from,
                screen: screen
            )
            return await session.run(timeout: timeout?.duration)
        }
        if status != ExitStatus.succeeded { throw ExitCode(status) }
    }
}
