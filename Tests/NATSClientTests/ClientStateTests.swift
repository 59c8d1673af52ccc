// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOEmbedded
import Synchronization
import Testing

@testable import NATSClient

@Suite("The state of a client")
struct ClientStateTests {
    private let channel = EmbeddedChannel()
    private let start = NIODeadline.uptimeNanoseconds(0)
    private let results = Results()

    /// The results of waits, by name.
    private final class Results: Sendable {
        private let found = Mutex<[String]>([])
        var all: [String] { found.withLock { $0 } }
        func completion<Value>(_ name: String) -> ClientState.Completion<Value> {
            { [self] result in
                let text =
                    switch result {
                    case .success: "ok"
                    case .failure(let error): error.code.name
                    }
                found.withLock { $0.append("\(name): \(text)") }
            }
        }
    }

    private func connected(limit: Int = 10_000, payload: Int = 1_000) throws -> ClientState {
        var state = ClientState(inbox: "_INBOX.x", limit: limit)
        try attach(&state, payload: payload)
        return state
    }

    private func attach(_ state: inout ClientState, to channel: EmbeddedChannel? = nil, payload: Int = 1_000) throws {
        var info = ServerInfo()
        info.maximumPayload = payload
        let channel = channel ?? self.channel
        let link = ClientState.Link(
            channel: channel,
            address: try NATSAddress("h"),
            info: info,
            pingAt: start + .seconds(20)
        )
        call(state.attach(link))
    }

    private func call(_ calls: [ClientState.Call]?) { for call in calls ?? [] { call() } }

    private func sent(_ state: inout ClientState) -> String {
        state.takeOutbox(for: channel).map { String(buffer: $0) } ?? ""
    }

    private func message(_ text: String) -> OutgoingMessage {
        OutgoingMessage(subject: "a", headers: NATSHeaders(), payload: ByteBuffer(string: text).readableBytesView)
    }

    private func request(_ state: inout ClientState, _ name: String, until deadline: NIODeadline) throws -> UInt64 {
        let id = state.nextID()
        _ = try state.request(id, message("x"), .init(deadline: deadline, complete: results.completion(name)))
        return id
    }

    private func answer(_ id: UInt64, status: String = "") throws -> NATSMessage {
        let headers =
            status.isEmpty
            ? NATSHeaders() : try NATSHeaders(block: ByteBuffer(string: "NATS/1.0 \(status)\r\n\r\n").readableBytesView)
        return NATSMessage(
            subject: "_INBOX.x.\(String(id, radix: 36))",
            reply: nil,
            headers: headers,
            payload: ByteBuffer()
        )
    }

    @Test("A response completes its own request, once")
    func requests() throws {
        var state = try connected()
        #expect(sent(&state) == "SUB _INBOX.x.* 1\r\n")
        let first = try request(&state, "first", until: start + .seconds(1))
        let second = try request(&state, "second", until: start + .seconds(1))
        #expect(sent(&state) == "PUB a _INBOX.x.2 1\r\nx\r\nPUB a _INBOX.x.3 1\r\nx\r\n")
        state.receive(try answer(second), for: ClientState.inboxID)?()
        state.receive(try answer(second), for: ClientState.inboxID)?()
        state.receive(try answer(first, status: "503 No Responders"), for: ClientState.inboxID)?()
        #expect(results.all == ["second: ok", "first: no-responders"])
    }

    @Test("A request fails at its deadline, and with its connection")
    func failures() throws {
        var state = try connected()
        _ = try request(&state, "short", until: start + .seconds(1))
        _ = try request(&state, "long", until: start + .seconds(9))
        call(state.beat(at: start + .milliseconds(999), pingInterval: .seconds(20)).calls)
        #expect(results.all.isEmpty)
        call(state.beat(at: start + .seconds(1), pingInterval: .seconds(20)).calls)
        #expect(results.all == ["short: timed-out"])
        #expect(state.detach(EmbeddedChannel(), for: NATSError(.disconnected, "another connection")) == nil)
        call(state.detach(channel, for: NATSError(.disconnected, "lost")))
        #expect(results.all == ["short: timed-out", "long: disconnected"])
        #expect(throws: NATSError.self) { try request(&state, "later", until: start) }
    }

    @Test("Subscriptions are restored on each new connection; one that was ended is not")
    func subscriptions() throws {
        var state = ClientState(inbox: "_INBOX.x", limit: 1_000)
        let early = try state.subscribe(.init(subject: "early", queue: "q", receive: { _ in }))
        #expect(!early.needsFlush)
        for _ in 0..<3 {
            try attach(&state)
            #expect(sent(&state) == "SUB _INBOX.x.* 1\r\nSUB early q 2\r\n")
            let late = try state.subscribe(.init(subject: "late", queue: nil, receive: { _ in }))
            #expect(sent(&state) == "SUB late \(late.id)\r\n")
            let ended = [state.unsubscribe(late.id), state.unsubscribe(late.id)]
            #expect(ended == [true, false])
            #expect(sent(&state) == "UNSUB \(late.id)\r\n")
            call(state.detach(channel, for: NATSError(.disconnected, "lost")))
        }
    }

    @Test("A message reaches its subscription, and nobody after the end of the subscription")
    func delivery() throws {
        var state = try connected()
        let count = Mutex(0)
        let (id, _) = try state.subscribe(.init(subject: "a", queue: nil, receive: { _ in count.withLock { $0 += 1 } }))
        let message = NATSMessage(subject: "a", reply: nil, headers: NATSHeaders(), payload: ByteBuffer())
        state.receive(message, for: id)?()
        state.receive(message, for: id + 1)?()
        _ = state.unsubscribe(id)
        state.receive(message, for: id)?()
        #expect(count.withLock { $0 } == 1)
    }

    @Test("The limit counts bytes until the system has them; a refused message leaves nothing")
    func limit() throws {
        var state = try connected(limit: 300)
        _ = sent(&state)
        let text = String(repeating: "x", count: 60)
        _ = try state.publish(message(text), reply: nil)
        let taken = sent(&state).utf8.count
        _ = try? state.publish(message(text), reply: nil)
        let before = state.outbox.count
        #expect { try state.publish(message(String(repeating: "x", count: 200)), reply: nil) } throws: {
            ($0 as? NATSError)?.code == .bufferFull
        }
        #expect(state.outbox.count == before)
        state.noteSent(taken, on: channel)
        #expect(state.outbox.count == before - taken)
    }

    @Test("A message that is larger than the server's limit is refused")
    func tooLarge() throws {
        var state = try connected(payload: 20)
        #expect { try state.publish(message(String(repeating: "x", count: 21)), reply: nil) } throws: {
            ($0 as? NATSError)?.code == .tooLarge
        }
    }

    @Test("Flushes are completed in order by the server's responses, also after a cancelled one")
    func flushes() throws {
        var state = try connected()
        let ids = try ["one", "two", "three"].map { name in
            let id = state.nextID()
            _ = try state.flush(id, results.completion(name))
            return id
        }
        state.flushes[ids[0]] = nil
        for _ in 0..<2 { state.pong()?() }
        #expect(results.all == ["two: ok"])
        call(state.detach(channel, for: NATSError(.disconnected, "lost")))
        #expect(results.all == ["two: ok", "three: disconnected"])
    }

    @Test("Two pings without a response end the connection")
    func pings() throws {
        var state = try connected()
        _ = sent(&state)
        let texts = ([19, 20, 40] as [Int64]).map { second in
            _ = state.beat(at: start + .seconds(second), pingInterval: .seconds(20))
            return sent(&state)
        }
        #expect(texts == ["", "PING\r\n", "PING\r\n"])
        state.pong()?()
        let later = ([60, 80] as [Int64]).map { state.beat(at: start + .seconds($0), pingInterval: .seconds(20)) }
        #expect(later.map(\.ending?.error.code) == [nil, .disconnected])
    }

    @Test("A client leaves a server that shuts down when its requests are complete, or after a time")
    func leaving() throws {
        for completes in [true, false] {
            var state = try connected()
            let id = try request(&state, "open", until: start + .seconds(9))
            var info = ServerInfo()
            info.isLeaving = true
            state.update(info, leavingAt: start + .seconds(2))
            let early = state.beat(at: start + .seconds(1), pingInterval: .seconds(20))
            #expect(early.ending == nil)
            if completes { state.receive(try answer(id), for: ClientState.inboxID)?() }
            let late = state.beat(at: start + .milliseconds(completes ? 1_050 : 2_000), pingInterval: .seconds(20))
            #expect(late.ending?.error.code == .disconnected)
        }
    }

    @Test("Callers that wait for a connection are told of it, or of the end")
    func connection() throws {
        var state = ClientState(inbox: "_INBOX.x", limit: 1_000)
        let waits = try !state.awaitConnection(1, results.completion("first"))
        #expect(waits)
        try attach(&state)
        #expect(results.all == ["first: ok"])
        let isConnected = try state.awaitConnection(2, results.completion("second"))
        #expect(isConnected)
        call(state.detach(channel, for: NATSError(.disconnected, "lost")))
        _ = try state.awaitConnection(3, results.completion("third"))
        call(state.close())
        #expect(results.all == ["first: ok", "third: closed"])
        #expect(throws: NATSError.self) { try state.awaitConnection(4, results.completion("fourth")) }
    }
}
