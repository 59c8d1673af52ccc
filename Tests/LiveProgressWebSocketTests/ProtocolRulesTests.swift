// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import Testing

@testable import LiveProgressWebSocket

@Suite("The rules of RFC 6455, which hold for both ends")
struct ProtocolRulesTests {
    static let roles = [WebSocketRole.server, .client]

    /// A machine, and frames as its peer sends them.
    struct End {
        var machine: WebSocketConnection
        let peer: WebSocketRole

        init(_ role: WebSocketRole) {
            machine = WebSocketConnection(role: role, configuration: WebSocketConfiguration(heartbeat: nil))
            peer = role == .server ? .client : .server
        }

        /// A frame with any first byte, masked as the peer has to.
        func frame(_ first: UInt8, _ payload: [UInt8] = []) -> ByteBuffer {
            var bytes = ByteBuffer(bytes: [first, UInt8(payload.count) | (peer == .client ? 0x80 : 0)])
            // A key of zeros leaves the payload as it is.
            if peer == .client { bytes.writeInteger(UInt32(0)) }
            bytes.writeBytes(payload)
            return bytes
        }

        /// What the application gets, and the code that the peer is told in a close frame.
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
        "Every reserved opcode and every reserved bit fails with 1002, data frames before it are delivered",
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

    @Test("A frame masked as only the other role may fails with 1002", arguments: roles)
    func masking(role: WebSocketRole) {
        var end = End(role)
        #expect(end.take(FrameEncoder(role: role).encode(.text, ByteBuffer(string: "x"))) == ([], 1002))
    }

    @Test(
        "Control frames stand between fragments; a fragmented one, or one over 125 bytes, fails with 1002",
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

    @Test("A continuation of nothing, and a message within a message, fail with 1002", arguments: roles)
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

    @Test("A wrong byte of a text fails with 1007 while its frame is still on the way", arguments: roles)
    func failsFast(role: WebSocketRole) {
        var end = End(role)
        var frame = end.frame(0x01, [0x61, 0xED, 0xA0, 0x80, 0x61, 0x61])
        let rest = 3
        let beginning = frame.readSlice(length: frame.readableBytes - rest)
        #expect(beginning.map { end.take($0) }?.told == 1007)
        #expect(end.take(frame) == ([], nil))
    }

    @Test(
        "A close frame is answered with its code, one that is wrong with why",
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
        "A peer that closes its half without a close frame is told 1002, and the end is known as 1006",
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

    @Test("Whoever begins to close waits for the answer so long, and then cuts the connection", arguments: roles)
    func closeTimeout(role: WebSocketRole) {
        var end = End(role)
        end.machine.close(WebSocketCloseReason(code: 1000))
        #expect(end.perform().told == 1000)
        // What was under way before the peer saw our close is no answer.
        #expect(end.take(end.frame(0x81, Array("late".utf8))) == ([], nil))
        end.machine.timerFired()
        var actions: [WebSocketConnection.Action] = []
        while let action = end.machine.next() { actions.append(action) }
        #expect(actions == [.stopTimer, .closed(.abnormal), .closeChannel])
    }
}
