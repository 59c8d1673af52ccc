// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgressNIO

/// The tool `live-progress-bench`: how fast this machine is, and what load tests need.
@main
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live-progress-bench",
        abstract: "Measure how much load the server bears on this machine.",
        subcommands: [BenchRunCommand.self, BenchServeCommand.self],
        defaultSubcommand: BenchRunCommand.self
    )
}

/// A way of writing, as an argument.
func writePathArgument(_ name: String) throws -> WritePath {
    guard let path = WritePath(rawValue: name) else { throw ValidationError("There is no such way.") }
    return path
}

extension WritePath {
    static let argumentHelp = ArgumentHelp(
        "How messages get to the sockets: \(allCases.map(\.rawValue).joined(separator: " or "))."
    )
}
