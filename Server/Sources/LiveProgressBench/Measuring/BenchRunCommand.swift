// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgress
import LiveProgressCLI
@_spi(Server) import LiveProgressClient
@_spi(Server) import LiveProgressNIO

/// `live-progress-bench run`: measures the server on this machine in less than a minute.
struct BenchRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Measure the load that the server sustains on this machine.",
        discussion: """
            Starts a server in a separate process, connects watchers to it, and measures handshakes, memory, \
            deliveries at full speed (one update in each write, and 32), and latencies at a quarter of that load. \
            Watchers and server share the machine. The exit status is 1 if a message was lost or out of order.
            """
    )

    /// The number of descriptors for other purposes than watchers.
    private static let spareFiles = 64

    @Option(help: ArgumentHelp("The number of watchers.", valueName: "count"))
    var watchers = 1000

    @Option(help: ArgumentHelp("The time to measure deliveries.", valueName: "seconds"))
    var seconds = 15.0

    @Option(help: WritePath.argumentHelp, transform: writePathArgument)
    var writePath = WritePath.direct

    @Option(
        help: ArgumentHelp("The running live-progress-bench serve to measure.", valueName: "url"),
        transform: serverArgument
    )
    var url: ProgressServerAddress?

    @Flag(help: "Print the figures as JSON on one line.")
    var json = false

    func validate() throws {
        guard (1...20_000).contains(watchers) else { throw ValidationError("--watchers must be from 1 to 20000.") }
        guard (0.1...600).contains(seconds) else { throw ValidationError("--seconds must be from 0.1 to 600.") }
    }

    func run() async throws {
        do {
            try FileLimit.raise(to: watchers + Self.spareFiles)
            let figures = try await measure()
            Console.write(json ? figures.json.jsonString + "\n" : figures.text)
            guard figures.disordered == 0 else {
                throw BenchError("messages were out of order", status: ExitStatus.failed)
            }
        } catch let error as BenchError {
            Console.complain(error.message, by: "live-progress-bench")
            throw ExitCode(error.status)
        }
    }

    private func measure() async throws -> BenchFigures {
        if let url { return try await BenchMeasurement(server: url, watchers: watchers, seconds: seconds).run() }
        let server = try BenchServerProcess(writePath: writePath)
        defer { server.stop() }
        return try await BenchMeasurement(server: server.address, watchers: watchers, seconds: seconds).run()
    }
}

/// Parses the URL of a server in an argument.
private func serverArgument(_ url: String) throws -> ProgressServerAddress {
    do throws(ProgressClientError) {
        return try ProgressServerAddress(url)
    } catch {
        throw ValidationError(error.message)
    }
}
