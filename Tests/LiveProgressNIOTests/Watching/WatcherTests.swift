// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import LiveProgressWebSocket
import NIOCore
import NIOEmbedded
import Testing

@testable import LiveProgressNIO

@Suite("One watcher's connection")
struct WatcherTests {
    typealias Bench = FanoutTests.Bench

    @Test("A watcher's messages reach the source; the answers go to this watcher only")
    func messages() throws {
        let bench = Bench()
        let channel = try bench.watch()
        let other = try bench.watch()
        _ = try (channel.sent, other.sent)
        try channel.writeInbound(clientFrame(.text, "cancel"))
        try channel.writeInbound(clientFrame(.text, "ask"))
        #expect(bench.log.now.received == ["cancel", "ask"])
        #expect(try channel.sent == ["answer"])
        #expect(try other.sent == [])
    }

    @Test("The second invalid message closes with 1008")
    func violations() throws {
        let bench = Bench()
        let channel = try bench.watch()
        _ = try channel.sent
        try channel.writeInbound(clientFrame(.text, "x"))
        #expect(try channel.sent == ["nonsense"])
        try channel.writeInbound(clientFrame(.text, "y"))
        let frames = try channel.frames
        #expect(frames.first?.payload == "nonsense")
        #expect(frames.compactMap(closeCode) == [1008])
        #expect(bench.log.now.left == 1)
    }

    @Test("Invariant 10: a watcher that does not read the answers to its messages is closed with 1008")
    func unreadAnswers() throws {
        let bench = Bench()
        let channel = try bench.watch()
        _ = try channel.sent
        channel.setWritable(false)
        for _ in 0..<1000 { try channel.writeInbound(clientFrame(.text, "ask")) }
        let frames = try channel.frames
        #expect(frames.filter { $0.opcode == .text }.count == 16)
        #expect(frames.compactMap(closeCode) == [1008])
    }

    @Test("Invariant 11: invalid frames close only the connection that sent them")
    func broken() throws {
        let bench = Bench()
        let good = try bench.watch()
        let bad = try bench.watch()
        _ = try (good.sent, bad.sent)
        try bad.writeInbound(ByteBuffer.hex("81 05 48 65 6c 6c 6f"))
        #expect(try bad.frames.compactMap(closeCode) == [1002])
        bench.log.publish()
        bench.loop.run()
        #expect(try good.sent == ["1"])
        #expect(try bad.sent == [])
        #expect(bench.part.watcherCount == 1)
    }

    @Test("A message that is too long closes with 1009, text that is not UTF-8 with 1007")
    func refusedMessages() throws {
        let bench = Bench()
        let (long, garbled) = try (bench.watch(), bench.watch())
        _ = try (long.sent, garbled.sent)
        try long.writeInbound(ByteBuffer.hex("81 ff 0000000000010001 00000000"))
        #expect(try long.frames.compactMap(closeCode) == [1009])
        try garbled.writeInbound(ByteBuffer.hex("81 81 00000000 ff"))
        #expect(try garbled.frames.compactMap(closeCode) == [1007])
    }

    @Test("When the server quiesces, a watcher receives 1001 and may answer")
    func quiesce() throws {
        let bench = Bench()
        let channel = try bench.watch()
        _ = try channel.sent
        channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        #expect(try channel.frames.compactMap(closeCode) == [1001])
        #expect(channel.isActive)
        bench.log.publish()
        bench.loop.run()
        #expect(try channel.sent == [])
        try channel.writeInbound(clientClose(1001))
        bench.loop.advanceTime(by: .seconds(7))
        #expect(!channel.isActive)
    }

    @Test("All watchers can be closed at the same time")
    func closeAll() throws {
        let bench = Bench()
        let channels = try (0..<5).map { _ in try bench.watch() }
        for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        bench.loop.run()
        for channel in channels { #expect(try channel.frames.compactMap(closeCode) == [1001]) }
        #expect(bench.part.watcherCount == 0)
    }

    @Test("A watcher receives pings, and is closed if it does not answer")
    func heartbeat() throws {
        let bench = Bench()
        let channel = try bench.watch()
        _ = try channel.sent
        bench.loop.advanceTime(by: .seconds(26))
        let ping = try #require(try channel.frames.first)
        #expect(ping.opcode == .ping)
        try channel.writeInbound(clientFrame(.pong, ping.payload))
        bench.loop.advanceTime(by: .seconds(27))
        #expect(try channel.frames.map(\.opcode) == [.ping])
        bench.loop.advanceTime(by: .seconds(11))
        #expect(try channel.frames.compactMap(closeCode) == [1011])
        #expect(bench.part.watcherCount == 0)
        bench.loop.advanceTime(by: .seconds(7))
        #expect(!channel.isActive)
    }

    @Test("A half-closed connection ends the watcher")
    func halfClose() throws {
        let bench = Bench()
        let channel = try bench.watch()
        _ = try channel.sent
        channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        #expect(try channel.frames.compactMap(closeCode) == [1002])
        bench.loop.run()
        #expect(!channel.isActive)
        #expect(bench.log.now.left == 1)
    }

    @Test("An error of the channel ends the watcher")
    func error() throws {
        let bench = Bench()
        let channel = try bench.watch()
        channel.pipeline.fireErrorCaught(CancellationError())
        bench.loop.run()
        #expect(!channel.isActive)
        #expect(bench.log.now.left == 1)
    }

    @Test(
        "Invariants 3 and 5: with random stalls, joins and leaves, no message is lost or repeated",
        arguments: 0..<100 as Range<UInt64>
    )
    func random(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let heartless = WatcherConfiguration(connection: WebSocketConfiguration(heartbeat: nil))
        let bench = Bench(log: TestLog(capacity: .random(in: 1...20, using: &generator)), configuration: heartless)
        var watchers: [(channel: EmbeddedChannel, sent: [String])] = []
        for _ in 0..<150 {
            switch Int.random(in: 0..<8, using: &generator) {
            case 0: watchers.append((try bench.watch(), []))
            case 1...3: bench.log.publish(.random(in: 1...4, using: &generator))
            case 4: bench.loop.run()
            case 5 where Int.random(in: 0..<4, using: &generator) == 0:
                watchers.randomElement(using: &generator)?.channel.close(promise: nil)
            default:
                watchers.randomElement(using: &generator)?.channel.setWritable(.random(using: &generator))
            }
        }
        bench.loop.run()
        for watcher in watchers { watcher.channel.setWritable(true) }
        bench.log.end()
        bench.loop.run()
        for index in watchers.indices {
            let isOpen = watchers[index].channel.isActive
            let sent = try watchers[index].channel.sent
            try expectOrder(sent, reaching: isOpen ? bench.log.now.last : nil)
        }
        #expect(bench.part.watcherCount == 0)
        #expect(bench.log.now.joined == bench.log.now.left)
        #expect(bench.log.now.wakers.isEmpty)
    }

    /// Checks that each number follows the previous number, or the reported number of skipped messages.
    private func expectOrder(_ sent: [String], reaching last: UInt64?) throws {
        var expected: UInt64?
        for message in sent {
            if message.hasPrefix("skipped ") {
                expected = try #require(expected) + (try #require(UInt64(message.dropFirst(8))))
            } else {
                let number = try #require(UInt64(message))
                #expect(number == expected ?? number)
                expected = number + 1
            }
        }
        if let last { #expect(expected == last + 1) }
    }
}
