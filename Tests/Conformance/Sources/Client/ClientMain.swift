// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressDeflate

@testable import LiveProgressWebSocket

/// `ws-client --port PORT [--deflate]`: runs the cases of a fuzzing server on the loopback address.
@main
enum ClientMain {
    static func main() async throws {
        let arguments = CommandLine.arguments.dropFirst()
        guard arguments.first == "--port", let port = arguments.dropFirst().first.flatMap({ Int($0) }),
            arguments.count == 2 || arguments.dropFirst(2) == ["--deflate"]
        else {
            print("usage: ws-client --port PORT [--deflate]")
            return
        }
        let deflate = arguments.count == 3 ? DeflateClient(codec: ZlibCodec()) : nil
        try await CaseRunner(port: port, deflate: deflate).run()
    }
}
