// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import Testing

@testable import NATSClient

@Suite("Header fields")
struct HeadersTests {
    @Test("Fields are read as they were written, with names as they are")
    func roundTrip() throws {
        var headers = NATSHeaders()
        try headers.add("7", for: "Nats-Expected-Last-Subject-Sequence")
        try headers.add("", for: "Empty")
        try headers.add("two: words ü", for: "Text")
        try headers.add("second", for: "Text")
        var buffer = ByteBuffer()
        headers.write(to: &buffer)
        #expect(buffer.readableBytes == headers.encodedCount)
        let read = try NATSHeaders(block: buffer.readableBytesView)
        #expect(read == headers)
        #expect(read["Text"] == "two: words ü")
        #expect(read["text"] == nil)
        #expect(read["Empty"] == "")
    }

    @Test(
        "A field that cannot be sent is refused",
        arguments: [("a b", "x"), ("a:", "x"), ("", "x"), ("ä", "x"), ("a", "x\r\ny"), ("a", "\n")]
    )
    func invalid(name: String, value: String) {
        var headers = NATSHeaders()
        #expect { try headers.add(value, for: name) } throws: { ($0 as? NATSError)?.code == .invalid }
        #expect(headers.isEmpty)
    }

    @Test(
        "The status line may have a text",
        arguments: [
            ("NATS/1.0\r\n\r\n", nil, ""), ("NATS/1.0 404\r\n\r\n", 404, ""),
            ("NATS/1.0 100 Idle Heartbeat\r\n\r\n", 100, "Idle Heartbeat"),
        ] as [(String, Int?, String)]
    )
    func status(block: String, status: Int?, text: String) throws {
        let headers = try NATSHeaders(block: ByteBuffer(string: block).readableBytesView)
        #expect(headers.status == status)
        #expect(headers.statusText == text)
    }
}
