// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
@_spi(Server) import LiveProgressClient
@_spi(Server) import LiveProgressNIO

/// A bench server in a separate process of this program, so that its processor time can be measured separately.
struct BenchServerProcess {
    /// The address of the server.
    let address: ProgressServerAddress
    private let process: Process
    private let output: FileHandle

    /// Starts a server on a free port, and waits until the server listens.
    ///
    /// - Parameter writePath: The way in which the server writes messages to the sockets.
    /// - Throws: ``BenchError`` if the server does not start.
    init(writePath: WritePath) throws(BenchError) {
        let (process, pipe) = (Process(), Pipe())
        process.executableURL = Bundle.main.executableURL
        process.arguments = ["serve", "--port", "0", "--until-unread", "--write-path", writePath.rawValue]
        process.standardOutput = pipe
        do {
            try process.run()
        } catch {
            throw BenchError("the server cannot be started: \(error)")
        }
        (self.process, output) = (process, pipe.fileHandleForReading)
        let (line, prefix) = (Self.firstLine(of: output), "listening on ")
        guard line.hasPrefix(prefix), let address = try? ProgressServerAddress(String(line.dropFirst(prefix.count)))
        else {
            process.terminate()
            throw BenchError("the server does not start")
        }
        self.address = address
    }

    /// Ends the server; it would also end with this process, because then its output has no reader.
    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// Returns the first line of a pipe without the line feed, or all bytes if the pipe ends before.
    private static func firstLine(of pipe: FileHandle) -> String {
        var bytes = Data()
        while !bytes.contains(UInt8(ascii: "\n")) {
            let more = pipe.availableData
            if more.isEmpty { break }
            bytes += more
        }
        return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
