// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import Testing

@testable import LiveProgressWebSocket

@Suite("The rules of RFC 6455 for both roles")
struct ProtocolRulesTests {
    static let roles = [WebSocketRole.server, .client]

    /// A connection's state machine, and the frames that its peer sends.
    struct End {
        var machine: WebSocketConnection
        let peer: WebSocketRole

        init(_ role: WebSocketRole) {
            machine = WebSocketConnection(role: role, configuration: WebSocketConfiguration(heartbeat: nil))
            peer = role == .server ? .client : .server
        }

        /// Returns a frame with the given first byte, masked if the peer is a client.
        func frame(_ first: UInt8, _ payload: [UInt8] = []) -> ByteBuffer {
            var bytes = ByteBuffer(bytes: [first, UInt8(payload.count) | (peer == .client ? 0x80 : 0)])
            // A masking key of zeros leaves the payload unchanged.
            if peer == .client { bytes.writeInteger(UInt32(0)) }
            bytes.writeBytes(payload)
            return bytes
        }

        /// Receives frames; returns the delivered messages and the close code that the machine writes to the peer.
        mutating func take(_ frames: ByteBuffer...) -> (messages: [String], told: UInt16?) {
            for frame in frames { machine.received(frame) }
            return perform()
        }

        mutating func perform() -> (messages: [String], told: UInt16?) {
            var messages: [String] = []
            var told: UInt16?
            while let action = machine.next() {
                switch action {
                case .deliver(let message): messages.append(message.payload.text)
                case .write(let bytes): told = decode([bytes], as: peer).frames.compactMap(closeCode).first ?? told
                default: break
                }
            }
            return (messages, told)
        }
    }

    @Test(
        "Reserved opcodes and reserved bits fail with 1002; earlier data frames are delivered",
        arguments: roles
    )
    func reserved(role: WebSocketRole) {
        let opcodes: [UInt8] = [0x83, 0x84, 0x85, 0x86, 0x87, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F]
        for first in opcodes + [0xC1, 0xA1, 0x91, 0xF1, 0xC9, 0xC0] {
            var end = End(role)
            let (messages, told) = end.take(end.frame(0x81, Array("first".utf8)), end.frame(first))
            #expect(messages == ["first"])
            #expect(told == 1002, "\(String(first, radix: 16))")
        }
    }

    @Test("A frame with the masking of the other role fails with 1002", arguments: roles)
    func masking(role: WebSocketRole) {
        var end = End(role)
        #expect(end.take(FrameEncoder(role: role).encode(.text, ByteBuffer(string: "x"))) == ([], 1002))
    }

    @Test(
        "Control frames may come between fragments; a fragmented or too long control frame fails with 1002",
        arguments: roles
    )
    func control(role: WebSocketRole) {
        var end = End(role)
        let (messages, told) = end.take(
            end.frame(0x01, Array("a".utf8)),
            end.frame(0x89, Array(repeating: 0x70, count: 125)),
            end.frame(0x00, Array("b".utf8)),
            end.frame(0x8A),
            end.frame(0x80, Array("c".utf8))
        )
        #expect(messages == ["abc"])
        #expect(told == nil)
        for first: UInt8 in [0x08, 0x09, 0x0A] {
            var end = End(role)
            #expect(end.take(end.frame(first)).told == 1002)
        }
        for first: UInt8 in [0x88, 0x89, 0x8A] {
            var end = End(role)
            let length: UInt8 = role == .server ? 0xFE : 0x7E
            #expect(end.take(ByteBuffer(bytes: [first, length])).told == 1002)
        }
    }

    @Test("A continuation without a message, or a new message within a message, fails with 1002", arguments: roles)
    func order(role: WebSocketRole) {
        for first: UInt8 in [0x00, 0x80] {
            var end = End(role)
            #expect(end.take(end.frame(first)) == ([], 1002))
        }
        for first: UInt8 in [0x01, 0x81, 0x02, 0x82] {
            var end = End(role)
            #expect(end.take(end.frame(0x01), end.frame(first)) == ([], 1002))
        }
    }

    @Test("Invalid UTF-8 fails with 1007 before the frame is complete", arguments: roles)
    func failsFast(role: WebSocketRole) {
        var end = End(role)
        var frame = end.frame(0x01, [0x61, 0xED, 0xA0, 0x80, 0x61, 0x61])
        let rest = 3
        let beginning = frame.readSlice(length: frame.readableBytes - rest)
        #expect(beginning.map { end.take($0) }?.told == 1007)
        #expect(end.take(frame) == ([], nil))
    }

    @Test(
        "A close frame is answered with the same code; an invalid close frame is answered with 1002 or 1007",
        arguments: roles,
        [
            ([], nil), ([0x03, 0xE8], 1000), ([0x03], 1002), ([0x03, 0xEC], 1002), ([0x03, 0xED], 1002),
            ([0x03, 0xEE], 1002), ([0x03, 0xF7], 1002), ([0x03, 0xE7], 1002), ([0x0B, 0xB7], 1002),
            ([0x0B, 0xB8], 3000), ([0x13, 0x87], 4999), ([0x13, 0x88], 1002), ([0x03, 0xE8, 0xC3, 0xA9], 1000),
            ([0x03, 0xE8, 0xC3], 1007), ([0x03, 0xE8, 0xFF], 1007),
        ] as [([UInt8], UInt16?)]
    )
    func closing(role: WebSocketRole, close: (payload: [UInt8], told: UInt16?)) {
        var end = End(role)
        #expect(end.take(end.frame(0x88, close.payload), end.frame(0x81, Array("late".utf8))) == ([], close.told))
        #expect(!end.machine.isOpen)
    }

    @Test(
        "A peer that closes its half without a close frame receives 1002; the close code is 1006",
        arguments: roles
    )
    func halfClose(role: WebSocketRole) {
        var end = End(role)
        end.machine.inputClosed()
        var actions: [WebSocketConnection.Action] = []
        while let action = end.machine.next() { actions.append(action) }
        #expect(actions.contains(.closed(.abnormal)))
        #expect(actions.last == .closeChannel)
        #expect(actions.filter { if case .write = $0 { true } else { false } }.count == 1)
    }

    @Test(
        "The side that closes first waits for the answer, then closes the channel after a timeout",
        arguments: roles
    )
    func closeTimeout(role: WebSocketRole) {
        var end = End(role)
        end.machine.close(WebSocketCloseReason(code: 1000))
        #expect(end.perform().told == 1000)
        // The peer may have sent this frame before it received the close frame.
        #expect(end.take(end.frame(0x81, Array("late".utf8))) == ([], nil))
        end.machine.timerFired()
        var actions: [WebSocketConnection.Action] = []
        while let action = end.machine.next() { actions.append(action) }
        #expect(actions == [.stopTimer, .closed(.abnormal), .closeChannel])
    }
}
