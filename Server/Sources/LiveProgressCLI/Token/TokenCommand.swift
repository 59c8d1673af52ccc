// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser

/// `live-progress token`: makes tokens, and tells what stands in them.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Make a token that allows something, or look into one.",
        subcommands: [TokenCreateCommand.self, TokenInspectCommand.self]
    )
}
