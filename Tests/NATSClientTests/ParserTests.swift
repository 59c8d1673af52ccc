// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import Testing

@testable import NATSClient

@Suite("The parser of a server's bytes")
struct ParserTests {
    private static let limit = 1_000

    /// Parses bytes that arrive in pieces of the given size.
    private func parse(_ text: String, inPiecesOf size: Int = .max) throws -> [ServerOperation] {
        var parser = NATSParser(maximumMessage: Self.limit)
        var found: [ServerOperation] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            parser.append(ByteBuffer(bytes: rest.prefix(size)))
            rest = rest.dropFirst(size)
            while let operation = try parser.next() { found.append(operation) }
        }
        return found
    }

    private func message(
        _ subject: String,
        _ subscription: UInt64,
        reply: String? = nil,
        _ payload: String,
        fields: [(String, String)] = []
    ) throws -> ServerOperation {
        var headers = NATSHeaders()
        for (name, value) in fields { try headers.add(value, for: name) }
        let message = NATSMessage(
            subject: subject,
            reply: reply,
            headers: headers,
            payload: ByteBuffer(string: payload)
        )
        return .message(message, subscription: subscription)
    }

    private static let conversation =
        "INFO {\"server_id\":\"A\",\"headers\":true,\"max_payload\":5}\r\n+OK\r\nPING\r\npong\r\n"
        + "MSG a.b 9 5\r\nhello\r\nMSG a 10 in.1 0\r\n\r\n"
        + "HMSG a 11 23 25\r\nNATS/1.0\r\nKey: v\r\n\r\nx\r\r\n"
        + "-ERR 'Permissions Violation for Publish to \"x\"'\r\n"

    @Test("Every operation is read, however the bytes are cut", arguments: [1, 2, 3, 7, 64, .max])
    func pieces(size: Int) throws {
        var info = ServerInfo()
        info.id = "A"
        info.hasHeaders = true
        info.maximumPayload = 5
        let text = Self.conversation.replacing("23 25", with: "20 22")
        #expect(
            try parse(text, inPiecesOf: size) == [
                .info(info), .ok, .ping, .pong,
                message("a.b", 9, "hello"), message("a", 10, reply: "in.1", ""),
                message("a", 11, "x\r", fields: [("Key", "v")]),
                .error("Permissions Violation for Publish to \"x\""),
            ]
        )
    }

    @Test("The status of a message is read")
    func status() throws {
        let block = "NATS/1.0 503 No Responders\r\n\r\n"
        let operations = try parse("HMSG in.1 1 \(block.utf8.count) \(block.utf8.count)\r\n\(block)\r\n")
        guard case .message(let message, _) = operations.first else { throw TestFailure("no message: \(operations)") }
        #expect(message.headers.status == 503)
        #expect(message.headers.statusText == "No Responders")
        #expect(message.payload.readableBytes == 0)
    }

    @Test(
        "Malformed bytes are refused",
        arguments: [
            "HELLO\r\n", "\r\n", "PING\n", "MSG a 1\r\n", "MSG a 1 -1\r\n", "MSG a 1 +1\r\n", "MSG a x 1\r\n",
            "MSG a 1 b c 1\r\n",
            "MSG a 1 1\r\nxy\r\n", "MSG a 1 1001\r\n", "MSG a 1 99999999999999999999\r\n", "HMSG a 1 5 4\r\n",
            "HMSG a 1 4\r\n",
            "HMSG a 1 4 4\r\nabcd\r\n", "HMSG a 1 12 12\r\nNATS/1.0\r\n:\r\n\r\n",
            "HMSG a 1 16 16\r\nNATS/1.0 50x\r\n\r\n\r\n",
            "INFO {\r\n", "INFO {\"max_payload\":\"x\"}\r\n", "INFO []\r\n",
        ]
    )
    func malformed(text: String) {
        #expect { try parse(text) } throws: { ($0 as? NATSError)?.code == .protocolViolation }
        #expect { try parse(text, inPiecesOf: 1) } throws: { ($0 as? NATSError)?.code == .protocolViolation }
    }

    @Test("Bytes that were read are released, although an incomplete message always remains")
    func memory() throws {
        var parser = NATSParser(maximumMessage: Self.limit)
        let message = Array("MSG a 1 900\r\n\(String(repeating: "x", count: 900))\r\n".utf8)
        parser.append(ByteBuffer(bytes: message.prefix(10)))
        let piece = ByteBuffer(bytes: message.dropFirst(10) + message.prefix(10))
        for _ in 0..<10_000 {
            parser.append(piece)
            guard case .message = try parser.next(), try parser.next() == nil else { throw TestFailure("no message") }
        }
        #expect(parser.buffer.storageCapacity <= 1 << 20)
    }

    @Test("A line without an end is refused at its limit")
    func endlessLine() throws {
        let short = String(repeating: "x", count: NATSParser.maximumLine - 1)
        #expect(try parse(short).isEmpty)
        #expect { try parse(short + "x") } throws: { ($0 as? NATSError)?.code == .protocolViolation }
    }
}
