// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import Testing

@testable import NATSClient

@Suite("The deliveries of a stream's consumer")
struct StreamReadingTests {
    private func delivery(_ reply: String?, status: String? = nil) throws -> NATSMessage {
        let block = "NATS/1.0\(status.map { " \($0)" } ?? "")\r\n\r\n"
        let headers = try NATSHeaders(block: ByteBuffer(string: block).readableBytesView)
        return NATSMessage(subject: "op.1", reply: reply, headers: headers, payload: ByteBuffer())
    }

    @Test("Deliveries are taken in order up to the last one, with either form of the reply subject")
    func order() throws {
        var reading = StreamReading()
        let actions = try [
            "$JS.ACK.OPS.c.1.7.1.1700000000.2", "$JS.ACK.hub.hash.OPS.c.1.9.2.1700000000.1.random",
            "$JS.ACK.OPS.c.1.12.3.1700000000.0",
        ].map { reading.take(try delivery($0)) }
        #expect(actions == [.wait, .wait, .complete])
        #expect(reading.messages.map(\.sequence) == [7, 9, 12])
    }

    @Test(
        "A missing, repeated or unreadable delivery fails",
        arguments: [
            "$JS.ACK.OPS.c.1.9.3.1700000000.1", "$JS.ACK.OPS.c.1.7.1.1700000000.2", "$JS.ACK.OPS.c.1.x.2.1700000000.1",
            "other", nil,
        ]
    )
    func gap(reply: String?) throws {
        var reading = StreamReading()
        _ = reading.take(try delivery("$JS.ACK.OPS.c.1.7.1.1700000000.2"))
        let action = reading.take(try delivery(reply))
        #expect(action == .fail)
    }

    @Test("Heartbeats are ignored, and a request for flow control needs a response")
    func control() throws {
        var reading = StreamReading()
        let actions = try [nil, "flow.1"].map { reading.take(try delivery($0, status: "100 Idle Heartbeat")) }
        #expect(actions == [.wait, .respond(to: "flow.1")])
        #expect(reading.messages.isEmpty)
    }
}
