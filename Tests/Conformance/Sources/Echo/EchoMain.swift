// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressDeflate

@testable import LiveProgressWebSocket

/// `ws-echo [--port PORT] [--deflate]`: sends each message back.
///
/// Without a port, the system chooses a free port.
@main
enum EchoMain {
    static func main() async throws {
        var port: UInt16 = 0
        var deflate: DeflateServer?
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--port":
                guard let number = arguments.popFirst().flatMap({ UInt16($0) }) else { return explain() }
                port = number
            case "--deflate": deflate = DeflateServer(codec: ZlibCodec())
            default: return explain()
            }
        }
        try await EchoServer(port: Int(port), deflate: deflate).run()
    }

    private static func explain() {
        print("usage: ws-echo [--port PORT] [--deflate]")
    }
}
