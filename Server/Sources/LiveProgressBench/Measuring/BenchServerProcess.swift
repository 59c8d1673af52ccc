// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import LiveProgressClient
import LiveProgressNIO

/// A bench server of this same program, in a process of its own, so that its processor time is its own too.
struct BenchServerProcess {
    /// Where it listens.
    let address: ProgressServerAddress
    private let process: Process
    private let output: FileHandle

    /// Starts one on a free port, and waits until it listens.
    ///
    /// - Parameter writePath: How its messages get to the sockets.
    /// - Throws: ``BenchError`` where it does not start.
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

    /// Ends the server, which would end with this process too, because nothing reads its output then.
    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// The first line of a pipe, without its end; what there is of it, where it ends before.
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
