// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressWebSocket
import NIOCore
import NIOEmbedded
import Testing

@testable import LiveProgressNIO

@Suite("The fan-out of one event loop")
struct FanoutTests {
    /// An event loop with its fan-out, and a source.
    struct Bench {
        let loop = EmbeddedEventLoop()
        let fanout: Fanout
        let log: TestLog

        init(log: TestLog = TestLog(), configuration: WatcherConfiguration = WatcherConfiguration()) {
            self.log = log
            fanout = Fanout(configuration: configuration)
        }

        var part: FanoutLoop { fanout.loop(loop) }

        func watch(cursor: String? = nil, source: (any FanoutSource)? = nil) throws -> EmbeddedChannel {
            let channel = EmbeddedChannel(loop: loop)
            channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
            loop.run()
            upgrade(channel, cursor: cursor, source: source)
            loop.run()
            return channel
        }

        /// Adds a watcher to a channel when the event loop runs.
        func upgrade(_ channel: EmbeddedChannel, cursor: String? = nil, source: (any FanoutSource)? = nil) {
            loop.assumeIsolated().execute { [fanout, log] in
                let loop = fanout.loop(channel.eventLoop)
                let handler = loop.makeHandler(for: .init(of: loop, source: source ?? log, cursor: cursor))
                #expect(throws: Never.self) { try channel.pipeline.syncOperations.addHandler(handler) }
            }
        }
    }

    @Test("Invariant 4: a new watcher immediately receives the current message, or the messages after its cursor")
    func newcomer() throws {
        let bench = Bench()
        bench.log.publish(5)
        #expect(try bench.watch().sent == ["5"])
        #expect(try bench.watch(cursor: "2").sent == ["3", "4", "5"])
        #expect(try bench.watch(cursor: "5").sent == [])
    }

    @Test("Invariant 3: all watchers receive each message once and in order, from one shared read")
    func shared() throws {
        let bench = Bench()
        let channels = try (0..<100).map { _ in try bench.watch() }
        for channel in channels { #expect(try channel.sent == ["0"]) }
        for number in 1...10 {
            bench.log.publish()
            bench.loop.run()
            for channel in channels { #expect(try channel.sent == ["\(number)"]) }
        }
        #expect(bench.log.now.reads == 10)
        #expect(bench.log.now.subscriptions == 1)
    }

    @Test("Several wakes cause one read and one write")
    func coalesced() throws {
        let bench = Bench()
        let channel = try bench.watch()
        #expect(try channel.sent == ["0"])
        for _ in 0..<5 { bench.log.publish() }
        bench.loop.run()
        let bytes = try #require(try channel.readOutbound(as: ByteBuffer.self))
        #expect(serverFrames(bytes).map(\.payload) == ["1", "2", "3", "4", "5"])
        #expect(try channel.sent == [])
        #expect(bench.log.now.reads == 1)
    }

    @Test("A message that is published during a read is not lost")
    func newsWhileReading() throws {
        let bench = Bench()
        let channel = try bench.watch()
        bench.log.whileReading { [log = bench.log] in
            log.whileReading(nil)
            log.publish()
        }
        bench.log.publish()
        bench.loop.run()
        #expect(try channel.sent == ["0", "1", "2"])
    }

    @Test("A watcher that joins before a queued wake receives no message twice")
    func newcomerBeforeWake() throws {
        let bench = Bench()
        let first = try bench.watch()
        let channel = EmbeddedChannel(loop: bench.loop)
        channel.connect(to: try SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
        bench.loop.run()
        bench.upgrade(channel)
        // The wake is behind the new watcher in the loop's queue.
        bench.log.publish()
        bench.loop.run()
        bench.log.publish()
        bench.loop.run()
        #expect(try first.sent == ["0", "1", "2"])
        #expect(try channel.sent == ["1", "2"])
        bench.log.publish()
        bench.loop.run()
        #expect(try first.sent == ["3"])
        #expect(try channel.sent == ["3"])
        #expect(bench.log.now.reads == 4, "both watchers must share their reads")
    }

    @Test("Invariant 10: a watcher that does not read has no queue, and the other watchers lose nothing")
    func slow() throws {
        let bench = Bench()
        let slow = try bench.watch()
        let fast = try bench.watch()
        _ = try (slow.sent, fast.sent)
        bench.log.publish()
        slow.setWritable(false)
        bench.loop.run()
        for number in 2...6 {
            bench.log.publish()
            bench.loop.run()
            #expect(try slow.sent == [])
            #expect(try fast.sent.last == "\(number)")
        }
        slow.setWritable(true)
        #expect(try slow.sent == ["1", "2", "3", "4", "5", "6"])
        bench.log.publish()
        bench.loop.run()
        #expect(try slow.sent == ["7"])
        #expect(try fast.sent == ["7"])
    }

    @Test("Invariant 3: a watcher that missed overwritten messages receives their number")
    func skipped() throws {
        let bench = Bench(log: TestLog(capacity: 3))
        let slow = try bench.watch()
        _ = try slow.sent
        slow.setWritable(false)
        bench.log.publish(10)
        bench.loop.run()
        slow.setWritable(true)
        #expect(try slow.sent == ["skipped 7", "8", "9", "10"])
    }

    @Test("A watcher that accepts no bytes for too long is closed with 4008; a slow watcher is not")
    func tooSlow() throws {
        let heartless = WatcherConfiguration(connection: WebSocketConfiguration(heartbeat: nil))
        let bench = Bench(configuration: heartless)
        let stalled = try bench.watch()
        let slow = try bench.watch()
        _ = try (stalled.sent, slow.sent)
        for channel in [stalled, slow] { channel.setWritable(false) }
        bench.loop.advanceTime(by: .seconds(20))
        slow.setWritable(true)
        slow.setWritable(false)
        bench.loop.advanceTime(by: .seconds(9))
        #expect(try stalled.frames.isEmpty)
        bench.loop.advanceTime(by: .seconds(2))
        #expect(try stalled.frames.compactMap(closeCode) == [4008])
        #expect(bench.part.watcherCount == 1)
        bench.loop.advanceTime(by: .seconds(7))
        #expect(!stalled.isActive)
        #expect(slow.isActive)
        #expect(try slow.frames.isEmpty)
    }

    @Test("Invariant 5: every watcher receives the end, with its close frame in the same write")
    func end() throws {
        let bench = Bench()
        let channels = try (0..<10).map { _ in try bench.watch() }
        let slow = try bench.watch()
        for channel in channels + [slow] { _ = try channel.sent }
        slow.setWritable(false)
        bench.log.publish()
        bench.log.end()
        bench.loop.run()
        for channel in channels {
            let bytes = try #require(try channel.readOutbound(as: ByteBuffer.self))
            #expect(serverFrames(bytes).map(\.opcode) == [.text, .close])
            #expect(serverFrames(bytes).compactMap(closeCode) == [1000])
            try channel.writeInbound(clientClose(1000))
            #expect(try channel.frames.isEmpty)
        }
        #expect(bench.part.watcherCount == 1)
        slow.setWritable(true)
        #expect(try slow.frames.map(\.opcode) == [.text, .close])
        #expect(bench.part.watcherCount == 0)
    }

    @Test("A late watcher receives the last message and the close frame")
    func late() throws {
        let bench = Bench()
        bench.log.publish(3)
        bench.log.end(.init(code: 4510, reason: "gone"))
        let frames = try bench.watch().frames
        #expect(frames.map(\.opcode) == [.text, .close])
        #expect(frames.compactMap(closeCode) == [4510])
        #expect(bench.part.topicCount == 0)
    }

    @Test("A topic lasts from its first watcher to its last, and the source counts each join and leave")
    func topics() throws {
        let bench = Bench()
        let other = TestLog()
        let channels = try [bench.watch(), bench.watch(), bench.watch(source: other)]
        #expect(bench.part.topicCount == 2)
        #expect(bench.log.now.joined == 2)
        channels[0].close(promise: nil)
        bench.loop.run()
        #expect(bench.log.now.left == 1)
        #expect(bench.log.now.wakers.count == 1)
        for channel in channels[1...] { channel.close(promise: nil) }
        bench.loop.run()
        #expect(bench.part.topicCount == 0)
        #expect(bench.part.watcherCount == 0)
        #expect((bench.log.now.left, other.now.left) == (2, 1))
        #expect((bench.log.now.wakers.count, other.now.wakers.count) == (0, 0))
        bench.log.publish()
        bench.loop.run()
        #expect(bench.log.now.reads == 0)
    }

    @Test("A channel that closed during the upgrade never becomes a watcher")
    func closedBefore() throws {
        let bench = Bench()
        let channel = EmbeddedChannel(loop: bench.loop)
        bench.upgrade(channel)
        bench.loop.run()
        channel.close(promise: nil)
        bench.loop.run()
        #expect(bench.log.now.joined == 0)
        #expect(bench.part.watcherCount == 0)
    }
}
