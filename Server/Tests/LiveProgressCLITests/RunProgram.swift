// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import Synchronization

/// The tool, running as a separate process.
final class RunProgram: Sendable {
    struct Result: Sendable {
        var exitCode: Int32
        var output: String
        var error: String
    }

    /// The path of the binary that is built with the tests, in the same folder.
    static let path: String = {
        #if os(Linux)
            let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        #else
            let tests = Bundle(for: RunProgram.self).bundlePath
        #endif
        return tests.split(separator: "/").dropLast().map { "/" + $0 }.joined() + "/live-progress"
    }()

    let processIdentifier: Int32
    private let error = OutputReader()
    private let output = OutputReader()
    private let ended: AsyncStream<Int32>

    /// Starts `live-progress` with these arguments.
    init(_ arguments: [String], environment: [String: String] = [:]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.path)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output.pipe
        process.standardError = error.pipe
        let (ended, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.ended = ended
        process.terminationHandler = { process in
            // Shells add 128 to the number of a signal.
            let offset: Int32 = process.terminationReason == .uncaughtSignal ? 128 : 0
            continuation.yield(process.terminationStatus + offset)
            continuation.finish()
        }
        try process.run()
        processIdentifier = process.processIdentifier
        output.start()
        error.start()
    }

    /// Returns the link, which the tool writes to standard error as its first line.
    func link() async -> String? {
        let line = await error.firstLine()
        return line.hasPrefix("live-progress: http") ? String(line.dropFirst("live-progress: ".count)) : nil
    }

    /// Waits for the end of the tool, and returns its exit code and output.
    func result() async -> Result {
        var exitCode: Int32 = -1
        for await code in ended { exitCode = code }
        return Result(exitCode: exitCode, output: await output.all(), error: await error.all())
    }

    /// Runs the tool to its end.
    static func run(_ arguments: [String], environment: [String: String] = [:]) async throws -> Result {
        try await RunProgram(arguments, environment: environment).result()
    }
}

/// Reads a pipe on a separate thread.
private final class OutputReader: Sendable {
    private struct State {
        var bytes: [UInt8] = []
        var isEnded = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    let pipe = Pipe()
    private let state = Mutex(State())

    func start() {
        Thread.detachNewThread { [self] in
            var isEnded = false
            while !isEnded {
                let data = pipe.fileHandleForReading.availableData
                isEnded = data.isEmpty
                let waiters = state.withLock { state in
                    state.bytes += data
                    state.isEnded = isEnded
                    defer { state.waiters = [] }
                    return state.waiters
                }
                for waiter in waiters { waiter.resume() }
            }
        }
    }

    func firstLine() async -> String {
        while true {
            let line = state.withLock { state in
                let line = state.bytes.prefix { $0 != 0x0A }
                return line.count < state.bytes.count || state.isEnded ? String(decoding: line, as: UTF8.self) : nil
            }
            if let line { return line }
            await change()
        }
    }

    func all() async -> String {
        while !state.withLock({ $0.isEnded }) { await change() }
        return state.withLock { String(decoding: $0.bytes, as: UTF8.self) }
    }

    private func change() async {
        let seen = state.withLock { $0.bytes.count }
        await withCheckedContinuation { continuation in
            let isChanged = state.withLock { state in
                if state.isEnded || state.bytes.count != seen { return true }
                state.waiters.append(continuation)
                return false
            }
            if isChanged { continuation.resume() }
        }
    }
}
