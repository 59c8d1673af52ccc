// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import Testing

@testable import LiveProgressWebSocket

@Suite("How many messages a peer may send")
struct MessageAllowanceTests {
    private static func connection(perMinute: Int?) -> WebSocketConnection {
        let limits = WebSocketLimits(maximumMessagesPerMinute: perMinute)
        return WebSocketConnection(role: .server, configuration: WebSocketConfiguration(limits: limits))
    }

    /// Sends a frame at a time, and gives the code that the connection closed with, if it did.
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

    @Test("one more than it may send in a minute closes with 1008; pings and pongs count as messages do")
    func closes() {
        var connection = Self.connection(perMinute: 3)
        #expect(Self.send(clientFrame(.text, "a"), to: &connection, atSecond: 100) == nil)
        #expect(Self.send(clientFrame(.ping, ""), to: &connection, atSecond: 110) == nil)
        #expect(Self.send(clientFrame(.pong, ""), to: &connection, atSecond: 120) == nil)
        #expect(Self.send(clientFrame(.text, "d"), to: &connection, atSecond: 159) == 1008)
        #expect(connection.exceededLimit == .messageRate)
    }

    @Test("a new minute begins with the first message after the last one is over")
    func nextMinute() {
        var connection = Self.connection(perMinute: 2)
        for second in [0, 1, 60, 61, 125, 184] as [Int64] {
            #expect(Self.send(clientFrame(.text, "a"), to: &connection, atSecond: second) == nil)
        }
        #expect(Self.send(clientFrame(.text, "a"), to: &connection, atSecond: 184) == 1008)
    }

    @Test("without a limit any number passes, and a close always does")
    func unlimited() {
        var unlimited = Self.connection(perMinute: nil)
        for _ in 0..<1000 { #expect(Self.send(clientFrame(.text, "a"), to: &unlimited, atSecond: 0) == nil) }
        var limited = Self.connection(perMinute: 1)
        #expect(Self.send(clientFrame(.text, "a"), to: &limited, atSecond: 0) == nil)
        #expect(Self.send(clientClose(1000), to: &limited, atSecond: 0) == 1000)
        #expect(limited.exceededLimit == nil)
    }

    @Test("too large a message is told as that limit")
    func size() {
        let limits = WebSocketLimits(maximumMessageSize: 4)
        var connection = WebSocketConnection(role: .server, configuration: WebSocketConfiguration(limits: limits))
        #expect(Self.send(clientFrame(.text, "12345"), to: &connection, atSecond: 0) == 1009)
        #expect(connection.exceededLimit == .messageSize)
    }
}
