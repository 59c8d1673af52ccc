// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgressServer
import LiveProgressWebSocket
import Logging

/// What load tests need.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Help to test how much load the server bears.",
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

    @Option(
        help: "How messages get to the sockets: \(WritePath.allCases.map(\.rawValue).joined(separator: " or ")).",
        transform: { name in
            guard let path = WritePath(rawValue: name) else { throw ValidationError("There is no such way.") }
            return path
        }
    )
    var writePath = WritePath.direct

    func run() async throws {
        EventLoops.matchProcessors()
        var configuration = ServerConfiguration()
        configuration.port = port
        configuration.writePath = writePath
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
