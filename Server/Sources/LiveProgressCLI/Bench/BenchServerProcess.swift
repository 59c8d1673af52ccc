// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressClient
import LiveProgressNIO
import LiveProgressServer

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A bench server of this same program, in a process of its own, so that its processor time is its own too.
struct BenchServerProcess: Sendable {
    /// Where it listens.
    let address: ProgressServerAddress
    private let process: ChildProcess
    private let output: Int32

    /// Starts one on a free port.
    ///
    /// - Parameter writePath: How its messages get to the sockets.
    /// - Returns: The server, which listens.
    /// - Throws: ``BenchError`` where it does not start.
    static func start(writePath: WritePath) throws -> BenchServerProcess {
        let options = ["bench", "serve", "--port", "0", "--until-unread", "--write-path", writePath.rawValue]
        let program = CommandArguments.ofProcess.first ?? Array("live-progress".utf8)
        let words = [String(decoding: program, as: UTF8.self)] + options
        guard let arguments = CommandArguments(parsed: words, raw: [program] + options.map { Array($0.utf8) }) else {
            throw BenchError("there is no command to start")
        }
        do {
            let pipe = try DescriptorPipe.make()
            defer { close(pipe.writeEnd) }
            let process = try ChildProcess.start(
                arguments,
                environment: .ofProcess,
                output: pipe.writeEnd,
                error: STDERR_FILENO
            )
            return try BenchServerProcess(process, output: pipe.readEnd)
        } catch let error as SystemError {
            throw BenchError("the server cannot be started: \(error)")
        }
    }

    /// Waits until the process says where it listens.
    private init(_ process: ChildProcess, output: Int32) throws(BenchError) {
        self.process = process
        self.output = output
        let (line, prefix) = (Self.firstLine(of: output), "listening on ")
        guard line.hasPrefix(prefix), let address = try? ProgressServerAddress(String(line.dropFirst(prefix.count)))
        else {
            Self.end(process, output)
            throw BenchError("the server does not start")
        }
        self.address = address
    }

    /// Ends it.
    ///
    /// It would end by itself too, with this process, because then nobody reads its output.
    func stop() {
        Self.end(process, output)
    }

    private static func end(_ process: ChildProcess, _ output: Int32) {
        process.signalGroup(SIGKILL)
        _ = process.wait()
        close(output)
    }

    /// The first line of a pipe, without its end; what there is of it, where it ends before.
    private static func firstLine(of descriptor: Int32) -> String {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while true {
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1, byte != UInt8(ascii: "\n") else { return String(decoding: line, as: UTF8.self) }
            line.append(byte)
        }
    }
}
