// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser

/// `live-progress token`: creates and inspects tokens.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Create or inspect a token.",
        subcommands: [TokenCreateCommand.self, TokenInspectCommand.self]
    )
}
