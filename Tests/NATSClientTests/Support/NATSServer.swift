// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import Synchronization

@testable import NATSClient

/// A real `nats-server` in a process of its own, on a port of 127.0.0.1 that the system chooses.
final class NATSServer: Sendable {
    /// The programs to test with: the paths in `LIVE_PROGRESS_NATS_SERVERS`, or the one that is installed.
    static let programs: [String] = {
        if let paths = ProcessInfo.processInfo.environment["LIVE_PROGRESS_NATS_SERVERS"] {
            return paths.split(separator: ":").map(String.init)
        }
        let folders =
            (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") + [
                "/usr/sbin", "/opt/homebrew/bin",
            ]
        let found = folders.map { "\($0)/nats-server" }.first { FileManager.default.isExecutableFile(atPath: $0) }
        return [found ?? "nats-server"]
    }()

    static var program: String { programs[programs.count - 1] }

    let port: Int
    private let process: Process
    private let log: Log

    /// The lines of a server's log, and those who wait for one.
    private final class Log: Sendable {
        private struct State {
            var rest = ""
            var lines: [String] = []
            var isOver = false
            var waiters: [(text: String, continuation: CheckedContinuation<String?, Never>)] = []
        }
        private let state = Mutex(State())

        var text: String { state.withLock { $0.lines.joined(separator: "\n") } }

        func append(_ data: Data) {
            state.withLock { state in
                let parts = (state.rest + String(decoding: data, as: UTF8.self)).split(
                    separator: "\n",
                    omittingEmptySubsequences: false
                )
                state.rest = String(parts.last ?? "")
                state.lines += parts.dropLast().map(String.init)
                state.isOver = state.isOver || data.isEmpty
                let waiters = state.waiters
                state.waiters = []
                for waiter in waiters { wait(waiter.text, waiter.continuation, in: &state) }
            }
        }

        private func wait(_ text: String, _ continuation: CheckedContinuation<String?, Never>, in state: inout State) {
            if let line = state.lines.first(where: { $0.contains(text) }) {
                continuation.resume(returning: line)
            } else if state.isOver {
                continuation.resume(returning: nil)
            } else {
                state.waiters.append((text, continuation))
            }
        }

        func line(with text: String) async -> String? {
            await withCheckedContinuation { continuation in state.withLock { wait(text, continuation, in: &$0) } }
        }
    }

    /// Starts a server, and waits until it is ready.
    ///
    /// - Parameters:
    ///   - configuration: More of the server's configuration file.
    ///   - program: The program's path.
    ///   - port: The port; `nil` for any free one.
    ///   - folder: A folder for the server's files.
    /// - Throws: An error with the server's log if it does not start.
    init(
        _ configuration: String = "",
        program: String = NATSServer.program,
        port: Int? = nil,
        in folder: TemporaryFolder
    ) async throws {
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw TestFailure("\(program) is missing. Install nats-server, or name it in LIVE_PROGRESS_NATS_SERVERS.")
        }
        let file = folder.path + "/server-\(UInt32.random(in: 0 ... .max)).conf"
        let text = "listen: \"127.0.0.1:\(port ?? -1)\"\n\(configuration)\n"
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["--config", file]
        let pipe = Pipe()
        process.standardError = pipe
        process.standardOutput = pipe
        let log = Log()
        self.log = log
        try process.run()
        // A thread of its own, because a readability handler can crash when its handle closes (swift-corelibs-libdispatch).
        let output = pipe.fileHandleForReading
        Thread.detachNewThread {
            while true {
                let data = output.availableData
                log.append(data)
                if data.isEmpty { return }
            }
        }
        let listening = await log.line(with: "Listening for client connections on ")
        guard let digits = listening?.split(separator: ":").last, let port = Int(digits),
            await log.line(with: "Server is ready") != nil
        else {
            throw TestFailure("\(program) did not start:\n\(log.text)")
        }
        self.port = port
    }

    var url: String { "nats://127.0.0.1:\(port)" }

    func address(_ scheme: String = "nats", user: String? = nil) throws -> NATSAddress {
        try NATSAddress("\(scheme)://\(user.map { "\($0)@" } ?? "")127.0.0.1:\(port)")
    }

    func send(_ signal: Int32) {
        kill(process.processIdentifier, signal)
    }

    /// Waits for a line in the server's log.
    func logged(_ text: String) async throws {
        guard await log.line(with: text) != nil else {
            throw TestFailure("The server ended without \(text):\n\(log.text)")
        }
    }

    /// Ends the process, and waits for its end.
    func stop(_ signal: Int32 = SIGKILL) {
        guard process.isRunning else { return }
        send(SIGCONT)
        send(signal)
        process.waitUntilExit()
    }

    deinit { stop() }
}

/// A folder that is deleted with its owner.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/nats-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension NATSServer {
    /// The port for other servers of the cluster.
    func clusterPort() async throws -> Int {
        guard let line = await log.line(with: "Listening for route connections on "),
            let digits = line.split(separator: ":").last,
            let port = Int(digits)
        else { throw TestFailure("The server has no port for a cluster:\n\(log.text)") }
        return port
    }
}

/// The failure of a test's preparation.
struct TestFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
