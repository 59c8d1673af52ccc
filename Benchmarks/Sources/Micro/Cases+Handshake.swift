// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressHTTP
import LiveProgressNIO
import NIOCore
import NIOEmbedded

extension MicroCase {
    /// The cost of a new watcher in the server, without the system's part.
    static let connecting: [MicroCase] = [
        MicroCase("handshake") {
            let service = ProgressService()
            let tracker = try service.createProgress(id: ProgressID("op"))
            let hosting = ProgressHosting(api: ProgressAPI(service: service))
            return Prepared(run: { calls in
                let loop = EmbeddedEventLoop()
                // The first watcher creates the objects that all watchers share.
                let resident = try connected(to: hosting, on: loop)
                for _ in 0..<calls { _ = try connected(to: hosting, on: loop).finish() }
                _ = try resident.finish()
                keep(tracker)
            })
        }
    ]

    private static func connected(to hosting: ProgressHosting, on loop: EmbeddedEventLoop) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(loop: loop)
        let client = try SocketAddress(ipAddress: "127.0.0.1", port: 50_000)
        channel.remoteAddress = client
        channel.connect(to: client, promise: nil)
        try hosting.connections.configure(channel, addHTTPHandlers: { $0.close() }, completion: { _ in })
        try channel.writeInbound(ByteBuffer(string: handshake))
        guard try channel.readOutbound(as: ByteBuffer.self) != nil else { throw ChannelError.eof }
        return channel
    }

    private static let handshake = """
        GET /api/v1/progress/op HTTP/1.1\r
        Host: 127.0.0.1:8080\r
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        Sec-WebSocket-Version: 13\r
        \r

        """
}
