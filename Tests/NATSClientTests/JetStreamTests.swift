// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import Testing

@testable import NATSClient

@Suite("JetStream with a real server")
struct JetStreamTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func withStreams(_ program: String = NATSServer.program, _ body: (JetStream) async throws -> Void)
        async throws
    {
        let server = try await NATSServer(
            "jetstream { store_dir: \"\(folder.path)/js\" }",
            program: program,
            in: folder
        )
        try await withClient([server.address()]) { client, _ in
            try await client.connected()
            try await body(JetStream(client))
        }
    }

    private func stream() -> StreamConfiguration {
        var stream = StreamConfiguration(name: "OPS", subjects: ["op.*"])
        stream.maximumMessagesPerSubject = 3
        stream.allowsDirectGet = true
        stream.allowsRollup = true
        stream.republish = .init(source: "op.*", destination: "opd.{{wildcard(1)}}")
        return stream
    }

    @Test("A stream is created once, changed, described and deleted", arguments: NATSServer.programs)
    func streams(program: String) async throws {
        try await withStreams(program) { streams in
            #expect(await failure { try await streams.info(of: "OPS") } == .streamNotFound)
            var stream = stream()
            try await streams.create(stream)
            try await streams.create(stream)
            stream.maximumMessagesPerSubject = 5
            #expect(await failure { try await streams.create(stream) } == .streamExists)
            #expect(try await streams.update(stream).configuration.maximumMessagesPerSubject == 5)
            _ = try await streams.publish(text("x"), to: "op.1")
            let info = try await streams.info(of: "OPS")
            #expect(info.configuration.subjects == ["op.*"])
            #expect(info.state.messageCount == 1)
            try await streams.delete("OPS")
            #expect(await failure { try await streams.delete("OPS") } == .streamNotFound)
        }
    }

    @Test(
        "Of two publishers that expect the same sequence, one wins; the other reads, and wins then",
        arguments: NATSServer.programs
    )
    func compareAndSet(program: String) async throws {
        try await withStreams(program) { streams in
            try await streams.create(stream())
            var last: UInt64 = 0
            for round in 0..<3 {
                let first = try await streams.publish(
                    text("first \(round)"),
                    to: "op.1",
                    expecting: .lastOfSubject(last)
                )
                let second = await failure {
                    try await streams.publish(text("second"), to: "op.1", expecting: .lastOfSubject(last))
                }
                #expect(second == .wrongLastSequence)
                let read = try #require(try await streams.lastMessage(of: "op.1", in: "OPS"))
                #expect(read.sequence == first.sequence)
                #expect(String(buffer: read.payload) == "first \(round)")
                // Another subject's messages do not count.
                _ = try await streams.publish(text("x"), to: "op.2")
                last = read.sequence
            }
        }
    }

    @Test("Reads give the last message, the next one, or none, with its header fields", arguments: NATSServer.programs)
    func reading(program: String) async throws {
        try await withStreams(program) { streams in
            try await streams.create(stream())
            #expect(try await streams.lastMessage(of: "op.1", in: "OPS") == nil)
            #expect(try await streams.directMessage(of: "op.1", in: "OPS") == nil)
            var headers = NATSHeaders()
            try headers.add("token", for: "Write")
            var sequences: [UInt64] = []
            for number in 0..<5 {
                sequences.append(try await streams.publish(text("\(number)"), to: "op.1", headers: headers).sequence)
            }
            let last = try #require(try await streams.lastMessage(of: "op.1", in: "OPS"))
            #expect(last.subject == "op.1")
            #expect(last.headers["Write"] == "token")
            #expect(String(buffer: last.payload) == "4")
            // Of five messages the stream keeps three.
            let kept = try #require(try await streams.nextMessage(of: "op.1", from: 0, in: "OPS"))
            #expect(kept.sequence == sequences[2])
            #expect(try await streams.nextMessage(of: "op.1", from: sequences[4] + 1, in: "OPS") == nil)
            let direct = try #require(try await streams.directMessage(of: "op.1", in: "OPS"))
            #expect(direct.headers["Write"] == "token")
            #expect(direct.sequence == sequences[4])
            try await streams.purge("op.1", in: "OPS")
            #expect(try await streams.lastMessage(of: "op.1", in: "OPS") == nil)
        }
    }

    @Test("The last message of each of 2,000 subjects is found, without its content", arguments: NATSServer.programs)
    func scanning(program: String) async throws {
        try await withStreams(program) { streams in
            try await streams.create(stream())
            #expect(try await streams.lastMessages(of: "op.*", in: "OPS") == [])
            var headers = NATSHeaders()
            try headers.add("a", for: "Owner")
            var last: [UInt64] = []
            for round in 0..<2 {
                last = try await withThrowingTaskGroup(of: UInt64.self) { [headers] group in
                    for number in 0..<2_000 {
                        group.addTask {
                            try await streams.publish(text("\(round)"), to: "op.\(number)", headers: headers).sequence
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            let found = try await streams.lastMessages(of: "op.*", in: "OPS")
            #expect(found.map(\.sequence) == last.sorted())
            #expect(Set(found.map(\.subject)) == Set((0..<2_000).map { "op.\($0)" }))
            #expect(found.allSatisfy { $0.headers["Owner"] == "a" && $0.payload.readableBytes == 0 })
        }
    }

    @Test("Stored messages are published again with their sequences, and a rollup leaves one message")
    func republishing() async throws {
        try await withStreams { streams in
            try await streams.create(stream())
            let received = Received()
            _ = try streams.client.subscribe(to: "opd.7") { message in
                let sequences = [message.headers["Nats-Sequence"], message.headers["Nats-Last-Sequence"]].map {
                    $0 ?? "none"
                }
                received.take(
                    NATSMessage(
                        subject: "",
                        reply: nil,
                        headers: NATSHeaders(),
                        payload: text(sequences.joined(separator: " after "))
                    )
                )
            }
            for _ in 0..<2 { _ = try await streams.publish(text("x"), to: "op.7") }
            var rollup = NATSHeaders()
            try rollup.add("sub", for: "Nats-Rollup")
            _ = try await streams.publish(text("end"), to: "op.7", headers: rollup)
            #expect(await received.next(3) == ["1 after 0", "2 after 1", "3 after 2"])
            #expect(try await streams.info(of: "OPS").state.messageCount == 1)
        }
    }

    @Test(
        "What an older server does not know is missing in the configuration that it returns",
        arguments: NATSServer.programs
    )
    func unknownSettings(program: String) async throws {
        try await withStreams(program) { streams in
            var stream = stream()
            stream.allowsMessageTTL = true
            let made = try await streams.create(stream)
            #expect((made.configuration.allowsMessageTTL == true) == streams.client.knowsMessageTTL)
        }
    }

    @Test("A server without JetStream says so")
    func disabled() async throws {
        let server = try await NATSServer(in: folder)
        try await withClient([server.address()]) { client, _ in
            try await client.connected()
            let code = await failure { try await JetStream(client).info(of: "OPS") }
            #expect(code == .notEnabled || code == .noResponders)
        }
    }
}
