// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import Dispatch
import LiveProgressCLI
import LiveProgressNIO
import LiveProgressServer
import Logging

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// `live-progress-bench serve`: runs the stand-alone server with an operation `op` that is updated on request.
struct BenchServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Run a server whose operation op is updated by GET /start.",
        discussion: """
            GET /start?u=UPDATES&r=RATE&b=BATCH makes UPDATES updates, RATE of them per second (0: as fast as they are \
            delivered), in batches of BATCH. Each update has its creation time, in nanoseconds, as t in its details. GET \
            /usage returns the processor time and the memory of the server.
            """
    )

    @Option(help: "The port to listen on; 0 selects a free port.")
    var port = 0

    @Option(help: WritePath.argumentHelp, transform: writePathArgument)
    var writePath = WritePath.direct

    @Flag(help: ArgumentHelp("End when standard output has no reader any more.", visibility: .private))
    var untilUnread = false

    func run() async throws {
        EventLoops.matchProcessors()
        var configuration = ServerConfiguration()
        configuration.port = port
        configuration.writePath = writePath
        var logger = Logger(label: "live-progress") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .warning
        let server = try BenchServer.application(configuration: configuration, logger: logger) {
            Console.write("listening on \($0)\n")
        }
        if untilUnread { Self.endWhenUnread() }
        do {
            try await server.runUntilSignalled()
        } catch {
            Console.complain("cannot serve on port \(port): \(error)", by: "live-progress-bench")
            throw ExitCode(ExitStatus.unavailable)
        }
    }

    /// Ends this process when the process that reads its output ends.
    private static func endWhenUnread() {
        DispatchQueue(label: "live-progress.reader").async {
            // No events are requested, because `poll` always reports the closing of the other end.
            var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
            while poll(&output, 1, -1) < 0, errno == EINTR {}
            kill(getpid(), SIGTERM)
        }
    }
}
