// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import Testing

@testable import LiveProgressWebSocket

@Suite("The limit of messages per minute")
struct MessageAllowanceTests {
    private static func connection(perMinute: Int?) -> WebSocketConnection {
        let limits = WebSocketLimits(maximumMessagesPerMinute: perMinute)
        return WebSocketConnection(role: .server, configuration: WebSocketConfiguration(limits: limits))
    }

    /// Sends a frame at the given second; returns the close code if the connection closed.
    private static func send(
        _ frame: ByteBuffer,
        to connection: inout WebSocketConnection,
        atSecond second: Int64
    ) -> UInt16? {
        connection.received(frame, now: .uptimeNanoseconds(0) + .seconds(second))
        var code: UInt16?
        while let action = connection.next() { if case .closed(let reason) = action { code = reason.code } }
        return code
    }

    @Test("A message past the limit per minute closes with 1008; pings and pongs count too")
    func closes() {
        var connection = Self.connection(perMinute: 3)
        #expect(Self.send(clientFrame(.text, "a"), to: &connection, atSecond: 100) == nil)
        #expect(Self.send(clientFrame(.ping, ""), to: &connection, atSecond: 110) == nil)
        #expect(Self.send(clientFrame(.pong, ""), to: &connection, atSecond: 120) == nil)
        #expect(Self.send(clientFrame(.text, "d"), to: &connection, atSecond: 159) == 1008)
        #expect(connection.exceededLimit == .messageRate)
    }

    @Test("A new minute begins with the first message after the previous minute")
    func nextMinute() {
        var connection = Self.connection(perMinute: 2)
        for second in [0, 1, 60, 61, 125, 184] as [Int64] {
            #expect(Self.send(clientFrame(.text, "a"), to: &connection, atSecond: second) == nil)
        }
        #expect(Self.send(clientFrame(.text, "a"), to: &connection, atSecond: 184) == 1008)
    }

    @Test("Without a limit, any number of messages passes; a close frame always passes")
    func unlimited() {
        var unlimited = Self.connection(perMinute: nil)
        for _ in 0..<1000 { #expect(Self.send(clientFrame(.text, "a"), to: &unlimited, atSecond: 0) == nil) }
        var limited = Self.connection(perMinute: 1)
        #expect(Self.send(clientFrame(.text, "a"), to: &limited, atSecond: 0) == nil)
        #expect(Self.send(clientClose(1000), to: &limited, atSecond: 0) == 1000)
        #expect(limited.exceededLimit == nil)
    }

    @Test("A message that is too large is recorded as the exceeded message size")
    func size() {
        let limits = WebSocketLimits(maximumMessageSize: 4)
        var connection = WebSocketConnection(role: .server, configuration: WebSocketConfiguration(limits: limits))
        #expect(Self.send(clientFrame(.text, "12345"), to: &connection, atSecond: 0) == 1009)
        #expect(connection.exceededLimit == .messageSize)
    }
}
