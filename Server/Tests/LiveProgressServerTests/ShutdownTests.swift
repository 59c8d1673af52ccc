// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressServer
@_spi(Server) import LiveProgressWire
import NIOCore
import Testing

@testable import LiveProgress

@Suite("Shutdown", .timeLimit(.minutes(2)))
struct ShutdownTests {
    private static func open(_ kind: String, _ server: RunningServer, _ path: String) async throws -> RawClient {
        let client = try await RawClient(server)
        let snapshot = server.service.list().snapshots[0]
        let fields =
            switch kind {
            case "websocket":
                [
                    "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
                ]
            case "stream": ["Accept: text/event-stream"]
            case "lines": ["Accept: application/x-ndjson"]
            default: ["Prefer: wait=30", "If-None-Match: \"\(snapshot.cursor)\""]
            }
        let request = ["GET \(path) HTTP/1.1", "Host: localhost"] + fields + ["", ""]
        try await client.channel.writeAndFlush(ByteBuffer(string: request.joined(separator: "\r\n")))
        if kind != "poll" { try await client.wait(for: "Pending") }
        return client
    }

    @Test("a server that stops ends every watcher's connection properly")
    func takesLeave() async throws {
        var configuration = ServerConfiguration()
        configuration.port = 0
        let server = try await ServerApplication(configuration: configuration).start()
        let tracker = try server.service.createProgress()
        let path = ProgressRoutes.path(for: tracker.id)
        var clients: [(kind: String, client: RawClient)] = []
        for _ in 0..<5 {
            for kind in ["websocket", "stream", "lines", "poll"] {
                clients.append((kind, try await Self.open(kind, server, path)))
            }
        }
        try await server.wait(until: "streams", is: 15)
        await server.stop()
        for (kind, client) in clients {
            let text = try await client.untilClosed()
            switch kind {
            // A close frame with the code 1001 and a reason. This client does not answer the close frame.
            case "websocket": #expect(text.utf8.firstRange(of: [0x03]) != nil && text.contains("going away"))
            case "poll": #expect(text.hasPrefix("HTTP/1.1 304 "))
            default: #expect(text.hasSuffix("0\r\n\r\n"), "the last chunk marks a complete stream")
            }
        }
        tracker.succeed()
    }

    @Test("the server stops even if clients send nothing or leave a request incomplete")
    func stopsInSpiteOfAll() async throws {
        var configuration = ServerConfiguration()
        configuration.port = 0
        let server = try await ServerApplication(configuration: configuration).start()
        let silent = try await RawClient(server)
        let half = try await RawClient(server)
        try await half.channel.writeAndFlush(
            ByteBuffer(string: "PUT /api/v1/progress/a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nstate")
        )
        try await server.wait(until: "connections", is: 3)
        await server.stop()
        _ = try await silent.untilClosed()
        _ = try await half.untilClosed()
        #expect(!silent.channel.isActive && !half.channel.isActive)
    }

    @Test("a closed connection frees its stream or long poll", arguments: ["stream", "lines", "poll"])
    func leavingFrees(kind: String) async throws {
        try await withServer { server in
            let tracker = try server.service.createProgress()
            let path = ProgressRoutes.path(for: tracker.id)
            let client = try await Self.open(kind, server, path)
            try await server.wait(until: "streams", is: 1)
            try await client.channel.close()
            try await server.wait(until: "streams", is: 0)
            #expect(try server.service.getJournal(tracker.id).watcherCount == 0)
        }
    }

    @Test("a port in use is an error")
    func portTaken() async throws {
        try await withServer { server in
            var configuration = ServerConfiguration()
            configuration.port = server.port
            await #expect(throws: (any Error).self) {
                _ = try await ServerApplication(configuration: configuration).start()
            }
        }
    }
}
