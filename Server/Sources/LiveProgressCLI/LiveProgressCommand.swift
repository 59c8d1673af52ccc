// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import ArgumentParser

/// The tool `live-progress`.
package struct LiveProgressCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "live-progress",
        abstract: "Live progress of long-running operations.",
        discussion: """
            A worker reports the progress of an operation; any number of watchers follow the operation live to its \
            end.

            Exit statuses: 0 succeeded, 1 failed or refused, 3 cancelled, 4 no such operation, 64 wrong usage, 65 invalid \
            data, 69 the server cannot be reached, 76 no Live Progress server, 77 no permission, 124 timed out, 130 \
            interrupted.
            """,
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, RunCommand.self, WatchCommand.self, ReportCommand.self, GetCommand.self,
            ListCommand.self, CancelCommand.self, AskCommand.self, AnswerCommand.self, TokenCommand.self,
            StoreCommand.self,
        ]
    )

    package init() {}
}
