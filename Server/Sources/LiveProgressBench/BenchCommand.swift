// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgressNIO

/// The tool `live-progress-bench`: measures the server on this machine, and runs a server for load tests.
@main
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live-progress-bench",
        abstract: "Measure the load that the server sustains on this machine.",
        subcommands: [BenchRunCommand.self, BenchServeCommand.self],
        defaultSubcommand: BenchRunCommand.self
    )
}

/// Parses the write path of an argument.
func writePathArgument(_ name: String) throws -> WritePath {
    guard let path = WritePath(rawValue: name) else { throw ValidationError("There is no such write path.") }
    return path
}

extension WritePath {
    static let argumentHelp = ArgumentHelp(
        "The path of messages to the sockets: \(allCases.map(\.rawValue).joined(separator: " or "))."
    )
}
