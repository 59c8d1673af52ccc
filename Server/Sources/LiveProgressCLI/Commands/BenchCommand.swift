// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgressServer
import Logging

/// Measures what this machine can do.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Serve an operation that updates itself, for load tests.",
        subcommands: [BenchServeCommand.self]
    )
}

/// Runs the stand-alone server with an operation `op` that is reported on by request.
struct BenchServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a server whose operation op is updated by GET /start.",
        discussion: """
            GET /start?u=UPDATES&r=RATE&b=BATCH makes UPDATES updates, RATE of them in a second (0: as fast as they are \
            delivered), BATCH at once; each has the time of its making, in nanoseconds, as t in its details.
            """
    )

    @Option(help: "The port to listen on; 0 takes any that is free.")
    var port = 0

    @Option(help: "How messages get to the sockets: direct or channel.")
    var writePath = "direct"

    func run() async throws {
        var configuration = ServerConfiguration()
        configuration.port = port
        guard configuration.setWritePath(writePath) else {
            throw ValidationError("--write-path is direct or channel, not \(writePath).")
        }
        let logger = Logger(label: "live-progress") { StreamLogHandler.standardError(label: $0) }
        let server = try BenchServer.application(configuration: configuration, logger: logger) {
            Console.write("listening on \($0)\n")
        }
        do {
            try await server.runUntilSignalled()
        } catch {
            Console.complain("cannot serve on port \(port): \(error)")
            throw ExitCode(ExitStatus.unavailable)
        }
    }
}
