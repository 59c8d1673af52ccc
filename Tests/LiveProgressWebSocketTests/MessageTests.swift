// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import Testing

@testable import LiveProgressWebSocket

@Suite("Messages and close frames, RFC 6455 sections 5.4-5.6 and 7.4")
struct MessageTests {
    private func assemble(
        _ frames: [(FrameOpcode, Bool, [String])],
        limits: WebSocketLimits = WebSocketLimits()
    ) -> (messages: [WebSocketMessage], code: UInt16?) {
        var assembler = MessageAssembler(limits: limits)
        var messages: [WebSocketMessage] = []
        do throws(WebSocketViolation) {
            for (opcode, isFinal, pieces) in frames {
                let length = pieces.reduce(0) { $0 + $1.utf8.count }
                try assembler.begin(FrameHeader(isFinal: isFinal, opcode: opcode, length: length))
                for (index, piece) in pieces.enumerated() {
                    let isLast = index == pieces.count - 1
                    if let message = try assembler.add(ByteBuffer(string: piece), isLast: isLast) {
                        messages.append(message)
                    }
                }
            }
            return (messages, nil)
        } catch {
            return (messages, error.closeReason.code)
        }
    }

    @Test("Fragments in several pieces form one message")
    func fragments() {
        let (messages, code) = assemble([
            (.text, false, ["a", "b"]), (.continuation, false, [""]), (.continuation, true, ["c"]),
            (.binary, true, ["d"]),
        ])
        #expect(code == nil)
        #expect(
            messages == [
                WebSocketMessage(isText: true, payload: ByteBuffer(string: "abc")),
                WebSocketMessage(isText: false, payload: ByteBuffer(string: "d")),
            ]
        )
    }

    @Test("Fragments out of order are rejected with 1002")
    func order() {
        #expect(assemble([(.continuation, true, ["a"])]).code == 1002)
        #expect(assemble([(.text, false, ["a"]), (.text, true, ["b"])]).code == 1002)
        #expect(assemble([(.text, true, ["a"]), (.continuation, true, ["b"])]).code == 1002)
    }

    @Test("Invariant 10: a message past a limit is rejected with 1009, by its announced length")
    func limits() {
        let limits = WebSocketLimits(maximumMessageSize: 4, maximumFragments: 3)
        #expect(assemble([(.text, true, ["abcd"])], limits: limits).messages.count == 1)
        #expect(assemble([(.text, true, ["abcde"])], limits: limits).code == 1009)
        #expect(assemble([(.text, false, ["abc"]), (.continuation, true, ["de"])], limits: limits).code == 1009)
        let empty = (FrameOpcode.continuation, false, [""])
        #expect(assemble([(.text, false, [""]), empty, empty], limits: limits).code == nil)
        #expect(assemble([(.text, false, [""]), empty, empty, empty], limits: limits).code == 1009)
        var assembler = MessageAssembler()
        #expect(throws: WebSocketViolation.self) {
            try assembler.begin(FrameHeader(opcode: .binary, length: Int.max))
        }
    }

    @Test("Text is rejected with 1007 at its first invalid byte, in the middle of a frame")
    func text() throws {
        var assembler = MessageAssembler()
        try assembler.begin(FrameHeader(opcode: .text, length: 100))
        #expect(try assembler.add(ByteBuffer(bytes: [0x61, 0xE2, 0x82]), isLast: false) == nil)
        #expect(throws: WebSocketViolation.notUTF8) { try assembler.add(ByteBuffer(bytes: [0x28]), isLast: false) }
    }

    @Test("Text that ends inside a character is rejected with 1007; a binary message is not")
    func truncatedText() throws {
        for (opcode, isRefused) in [(FrameOpcode.text, true), (.binary, false)] {
            var assembler = MessageAssembler()
            try assembler.begin(FrameHeader(opcode: opcode, length: 1))
            if isRefused {
                #expect(throws: WebSocketViolation.notUTF8) {
                    try assembler.add(ByteBuffer(bytes: [0xC3]), isLast: true)
                }
            } else {
                #expect(try assembler.add(ByteBuffer(bytes: [0xC3]), isLast: true) != nil)
            }
        }
    }

    @Test("Every close code is accepted or rejected according to RFC 6455 section 7.4")
    func closeCodes() throws {
        for code in UInt16.min...UInt16.max {
            let isAllowed =
                (1000...1003).contains(code) || (1007...1014).contains(code) || (3000...4999).contains(code)
            let reason = try? WebSocketCloseReason(payload: ByteBuffer(integer: code))
            #expect(reason?.code == (isAllowed ? code : nil))
        }
    }

    @Test("The payload of a close frame is decoded and validated")
    func closePayload() throws {
        #expect(try WebSocketCloseReason(payload: ByteBuffer()) == .noCode)
        #expect(try WebSocketCloseReason(payload: .hex("03e8 62 79 65")) == .init(code: 1000, reason: "bye"))
        #expect(throws: WebSocketViolation.protocolError("A close frame has one byte only.")) {
            try WebSocketCloseReason(payload: .hex("03"))
        }
        #expect(throws: WebSocketViolation.notUTF8) { try WebSocketCloseReason(payload: .hex("03e8 c3")) }
    }

    @Test("A reason that is too long is cut between characters")
    func longReason() throws {
        let payload = WebSocketCloseReason(code: 4000, reason: String(repeating: "é", count: 100)).payload
        #expect(payload.readableBytes == 124)
        #expect(try WebSocketCloseReason(payload: payload).reason == String(repeating: "é", count: 61))
        #expect(WebSocketCloseReason.abnormal.payload.readableBytes == 0)
    }
}

extension MessageAssembler {
    /// Creates an assembler of messages without compression.
    fileprivate init(limits: WebSocketLimits = WebSocketLimits()) {
        self.init(settings: SharedConfiguration(WebSocketConfiguration(limits: limits)), inflation: nil)
    }
}
