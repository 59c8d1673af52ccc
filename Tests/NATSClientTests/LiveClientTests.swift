// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
import NIOCore
import Synchronization
import Testing

@testable import NATSClient

@Suite("A client with a real server")
struct LiveClientTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("Messages arrive in order, with header fields; a wildcard matches", arguments: NATSServer.programs)
    func messages(program: String) async throws {
        let server = try await NATSServer(program: program, in: folder)
        try await withClient([server.address()]) { client, _ in
            try await client.connected()
            let received = Received()
            _ = try client.subscribe(to: "a.*", receive: received.take)
            var headers = NATSHeaders()
            try headers.add("v", for: "Name")
            for number in 0..<1_000 {
                try client.publish(
                    text("\(number)"),
                    to: "a.\(number % 7)",
                    headers: number % 2 == 0 ? headers : NATSHeaders()
                )
            }
            #expect(await received.next(1_000) == (0..<1_000).map { "\($0)" })
        }
    }

    @Test("Requests get their own responses; without a responder they fail at once")
    func requests() async throws {
        let server = try await NATSServer(in: folder)
        try await withClient([server.address()]) { client, _ in
            try await client.connected()
            _ = try client.subscribe(to: "echo") { message in
                if let reply = message.reply { try? client.publish(message.payload, to: reply) }
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        let answer = try await client.request(text("\(number)"), to: "echo")
                        #expect(String(buffer: answer.payload) == "\(number)")
                    }
                }
                try await group.waitForAll()
            }
            #expect(await failure { try await client.request(text(""), to: "nobody") } == .noResponders)
        }
    }

    @Test("A request without a response ends at its time limit, and when its task is cancelled")
    func limits() async throws {
        let server = try await NATSServer(in: folder)
        try await withClient([server.address()]) { client, _ in
            try await client.connected()
            let asked = Received()
            _ = try client.subscribe(to: "silent", receive: asked.take)
            #expect(
                await failure { try await client.request(text(""), to: "silent", timeout: .milliseconds(100)) }
                    == .timedOut
            )
            let task = Task { try await client.request(text(""), to: "silent", timeout: .seconds(300)) }
            _ = await asked.next(2)
            task.cancel()
            #expect(await failure { try await task.value } == .cancelled)
            #expect(client.state.withLock { $0.requests.isEmpty })
        }
    }

    @Test("After an unsubscribe the server sends nothing, and 10,000 subscriptions leave nothing behind")
    func unsubscribing() async throws {
        let server = try await NATSServer(in: folder)
        try await withClient([server.address()]) { client, _ in
            try await client.connected()
            let received = Received()
            let ended = try client.subscribe(to: "a", receive: received.take)
            let stays = try client.subscribe(to: "a", receive: received.take)
            try client.publish(text("both"), to: "a")
            #expect(await received.next(2) == ["both", "both"])
            client.unsubscribe(ended)
            try client.publish(text("one"), to: "a")
            try client.publish(text("last"), to: "a")
            #expect(await received.next(2) == ["one", "last"])
            client.unsubscribe(stays)
            for round in 0..<10_000 {
                let one = try client.subscribe(to: "b.\(round)") { _ in }
                client.unsubscribe(one)
            }
            try await client.flush()
            #expect(client.subscriptionCount == 0)
        }
    }

    @Test("A queue group shares messages; each member gets a part, and none twice")
    func queues() async throws {
        let server = try await NATSServer(in: folder)
        try await withClient([server.address()]) { client, _ in
            try await client.connected()
            let received = Received()
            for _ in 0..<3 { _ = try client.subscribe(to: "work", queue: "group", receive: received.take) }
            for number in 0..<100 { try client.publish(text("\(number)"), to: "work") }
            try await client.flush()
            #expect(Set(await received.next(100)).count == 100)
        }
    }

    @Test("drain delivers what the server has sent, and ends the subscriptions")
    func draining() async throws {
        let server = try await NATSServer(in: folder)
        try await withClient([server.address()]) { client, _ in
            try await client.connected()
            let count = Mutex(0)
            _ = try client.subscribe(to: "a") { _ in count.withLock { $0 += 1 } }
            for _ in 0..<500 { try client.publish(text("x"), to: "a") }
            try await client.drain()
            #expect(count.withLock { $0 } == 500)
            #expect(client.subscriptionCount == 0)
        }
    }

    @Test("A full buffer is an error, and the buffer never grows beyond its limit")
    func fullBuffer() async throws {
        let server = try await NATSServer(in: folder)
        try await withClient([server.address()], { $0.maximumPendingBytes = 300_000 }) { client, _ in
            try await client.connected()
            // A stopped server reads nothing, so the bytes stay.
            server.send(SIGSTOP)
            let payload = ByteBuffer(repeating: 0, count: 10_000)
            var error: NATSError?
            for _ in 0..<10_000 where error == nil {
                do throws(NATSError) { try client.publish(payload, to: "a") } catch let failure { error = failure }
                #expect(client.pendingBytes <= 300_000)
            }
            #expect(error?.code == .bufferFull)
            server.send(SIGCONT)
            try await client.flush()
            try client.publish(payload, to: "a")
        }
    }

    @Test("A message above the server's limit is refused, and the connection stays")
    func tooLarge() async throws {
        let server = try await NATSServer("max_payload: 1000", in: folder)
        try await withClient([server.address()]) { client, events in
            try await client.connected()
            #expect { try client.publish(ByteBuffer(repeating: 0, count: 1_001), to: "a") } throws: {
                ($0 as? NATSError)?.code == .tooLarge
            }
            try client.publish(ByteBuffer(repeating: 0, count: 1_000), to: "a")
            try await client.flush()
            #expect(events.all.count == 1)
        }
    }

    @Test("A cancelled run closes the client: later calls and waits fail")
    func closing() async throws {
        let server = try await NATSServer(in: folder)
        let client = try await withClient([server.address()]) { client, _ in
            try await client.connected()
            return client
        }
        #expect(await failure { try await client.connected() } == .closed)
        #expect { try client.publish(text(""), to: "a") } throws: { ($0 as? NATSError)?.code == .closed }
    }
}
