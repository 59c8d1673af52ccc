// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressNIO
import LiveProgressTesting
import LiveProgressWebSocket
@_spi(Server) import LiveProgressWire
import NIOCore
import Testing

@Suite("The list over sockets")
struct FeedTests {
    @Test("the list sends every current operation, then each change and removal")
    func tellsOfAll() async throws {
        try await SocketServer.with { server in
            let trackers = try (0..<600).map { number in
                let tracker = try server.service.createProgress(options: ProgressOptions(title: "Job \(number)"))
                tracker.update("Going")
                return tracker
            }
            let watcher = try await server.watch(nil)
            var seen: Set<String> = []
            var iterator = watcher.connection.messages.makeAsyncIterator()
            while seen.count < trackers.count, let message = await iterator.next() {
                seen.insert(try ProgressMessage.decodeFull(message.payload.readableBytesView).snapshot.id.rawValue)
            }
            #expect(seen == Set(trackers.map(\.id.rawValue)))
            trackers[7].succeed()
            var end = await iterator.next().map { String(buffer: $0.payload) }
            #expect(end?.contains(#""type":"end""#) == true)
            #expect(end?.contains(trackers[7].id.rawValue) == true)
            try server.service.deleteProgress(trackers[7].id)
            end = await iterator.next().map { String(buffer: $0.payload) }
            #expect(end == #"{"type":"removed","id":"\#(trackers[7].id.rawValue)"}"#)
            watcher.vanish()
        }
    }
}

@Suite("Invalid and slow clients")
struct BadClientTests {
    private static func handshake(_ path: String, version: String = "13", extra: String = "") -> String {
        """
        GET \(path) HTTP/1.1\r
        Host: 127.0.0.1\r
        Connection: keep-alive, Upgrade\r
        Upgrade: websocket\r
        Sec-WebSocket-Version: \(version)\r
        Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r
        \(extra)\r

        """
    }

    @Test(
        "a rejected upgrade gets a complete response, never an empty one",
        arguments: [
            (handshake("/api/v1/progress/nobody"), 404, "urn:live-progress:problem:unknown"),
            (handshake("/elsewhere"), 404, "problem"),
            (handshake("/api/v1/progress/there", version: "8"), 426, "websocket-version"),
            (handshake("/api/v1/progress/there").replacing("AAAA==", with: "A"), 400, "invalid-upgrade"),
            (handshake("/api/v1/progress/there").replacing("GET", with: "POST"), 405, "method-not-allowed"),
        ]
    )
    func refusedUpgrade(request: String, status: Int, problem: String) async throws {
        try await SocketServer.with { server in
            let id = ProgressID("there")
            let tracker = try server.service.createProgress(id: id)
            let answer = try await server.exchange(request)
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            #expect(answer.contains("application/problem+json"))
            #expect(answer.contains(problem))
            #expect(
                !answer.contains(" 426 ") || answer.contains("\r\nUpgrade: websocket\r\n"),
                "RFC 9110 section 15.5.22"
            )
            tracker.succeed()
        }
    }

    @Test("Invariant 11: a watcher receives every transition, whatever other clients send")
    func garbageHarmsNobody() async throws {
        try await SocketServer.with { server in
            let tracker = try server.service.createProgress()
            let path = ProgressRoutes.path(for: tracker.id)
            let following = try await server.watch(tracker.id).follow()
            try await withThrowingDiscardingTaskGroup { group in
                for number in 0..<40 {
                    group.addTask { _ = try await server.exchange(Self.garbage(number, path: path)) }
                }
                for step in 1...30 {
                    tracker.update("Step \(step)")
                    await Task.yield()
                }
            }
            tracker.succeed()
            let events = try await following.events
            #expect(events.map(\.snapshot.revision) == Array(0...31))
        }
    }

    /// Returns pseudorandom bytes: bare, in place of a request, or as frames of an upgraded connection.
    private static func garbage(_ number: Int, path: String) -> String {
        var random = SeededGenerator(seed: UInt64(number))
        let noise = String(decoding: (0..<200).map { _ in UInt8.random(in: 0...127, using: &random) }, as: UTF8.self)
        return switch number % 4 {
        case 0: noise + "\r\n\r\n"
        case 1: "GET / HTTP/1.1\r\nHost: a\r\n\(noise)\r\n\r\n"
        // Unmasked text, which a client must not send.
        case 2: handshake(path) + "\u{1}\u{5}hello" + noise
        default: handshake(path, extra: "Content-Length: 100\r\n") + noise
        }
    }

    @Test("Invariants 3 and 10: a watcher that does not read jumps to the newest revision with the skipped count")
    func slowWatcher() async throws {
        try await SocketServer.with(journalCapacity: 4) { server in
            let tracker = try server.service.createProgress()
            let path = ProgressRoutes.path(for: tracker.id)
            let slow = try await server.dial(readsByItself: false)
            let request = Self.handshake(path, extra: "Sec-WebSocket-Protocol: \(ProgressFormat.subprotocol)\r\n")
            try await slow.writeAndFlush(ByteBuffer(string: request))
            try await tracker.startSignal.wait()
            let other = try await server.watch(tracker.id)
            let large = JSONValue.string(String(repeating: "x", count: 32 * 1024))
            var iterator = other.connection.messages.makeAsyncIterator()
            for step in 1...60 {
                tracker.update("Step \(step)", details: large)
                // The other watcher reads each step, which shows that the server does not wait for the slow watcher.
                while let message = await iterator.next() {
                    if String(buffer: message.payload).contains("Step \(step)\"") { break }
                }
            }
            tracker.succeed()
            #expect(try await Self.frames(on: slow).map(\.kind).last == .end)
            other.vanish()
        }
    }

    /// Reads a stalled connection to its end, and checks that each skipped count is exact.
    private static func frames(on channel: any Channel) async throws -> [ProgressEvent] {
        let collected = try await channel.eventLoop.submit {
            let box = NIOLoopBoundBox(ByteBuffer(), eventLoop: channel.eventLoop)
            try channel.pipeline.syncOperations.addHandler(FrameCollector(into: box))
            return box
        }.get()
        try await channel.setOption(.autoRead, value: true).get()
        try? await channel.closeFuture.get()
        var bytes = try await channel.eventLoop.submit { collected.value }.get()
        let head = try #require(bytes.readableBytesView.firstRange(of: Array("\r\n\r\n".utf8)))
        bytes.moveReaderIndex(to: head.upperBound)
        var events: [ProgressEvent] = []
        while let opcode = bytes.readInteger(as: UInt8.self), let length = bytes.readFrameLength() {
            guard let payload = bytes.readSlice(length: length), opcode == 0x81 else { break }
            let event = try ProgressMessage.decodeFull(payload.readableBytesView)
            if let last = events.last { #expect(event.snapshot.revision == last.snapshot.revision + 1 + event.skipped) }
            events.append(event)
        }
        #expect(events.contains { $0.skipped > 0 })
        return events
    }
}

extension ByteBuffer {
    /// Returns the length of an unmasked frame, read after its first byte.
    fileprivate mutating func readFrameLength() -> Int? {
        guard let short = readInteger(as: UInt8.self) else { return nil }
        switch short {
        case 126: return readInteger(as: UInt16.self).map { Int($0) }
        case 127: return readInteger(as: UInt64.self).map { Int($0) }
        default: return Int(short)
        }
    }
}

/// A handler that collects the received bytes, and closes after the server's close frame.
private final class FrameCollector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let box: NIOLoopBoundBox<ByteBuffer>

    init(into box: NIOLoopBoundBox<ByteBuffer>) { self.box = box }

    /// Closes the connection after a close frame with code 1000, without an answer.
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = Self.unwrapInboundIn(data)
        box.value.writeBuffer(&bytes)
        if box.value.readableBytesView.suffix(16).firstRange(of: [0x88, 0x07, 0x03, 0xE8]) != nil {
            context.close(promise: nil)
        }
    }
}
