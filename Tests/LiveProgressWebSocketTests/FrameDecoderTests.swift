// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import NIOCore
import Testing

@testable import LiveProgressWebSocket

@Suite("Frames, RFC 6455 section 5")
struct FrameDecoderTests {
    /// The examples of RFC 6455 section 5.7, and similar frames.
    static let fromServer: [(String, [WholeFrame])] = [
        ("81 05 48 65 6c 6c 6f", [WholeFrame(opcode: .text, payload: "Hello")]),
        (
            "01 03 48 65 6c 80 02 6c 6f",
            [
                WholeFrame(opcode: .text, isFinal: false, payload: "Hel"),
                WholeFrame(opcode: .continuation, payload: "lo"),
            ]
        ),
        ("89 05 48 65 6c 6c 6f", [WholeFrame(opcode: .ping, payload: "Hello")]),
        ("81 00", [WholeFrame(opcode: .text, payload: "")]),
        ("8a 00 82 00", [WholeFrame(opcode: .pong, payload: ""), WholeFrame(opcode: .binary, payload: "")]),
        (
            "01 01 61 89 01 70 80 01 62",
            [
                WholeFrame(opcode: .text, isFinal: false, payload: "a"),
                WholeFrame(opcode: .ping, payload: "p"),
                WholeFrame(opcode: .continuation, payload: "b"),
            ]
        ),
    ]

    @Test("The decoder returns the same frames for every split of the bytes", arguments: fromServer)
    func cuts(hex: String, expected: [WholeFrame]) {
        let bytes = ByteBuffer.hex(hex)
        for first in 0...bytes.readableBytes {
            for second in first...bytes.readableBytes {
                let (frames, violation) = decode(bytes.cut(at: [first, second]), as: .client)
                #expect(violation == nil)
                #expect(frames == expected, "cut at \(first), \(second)")
            }
        }
        #expect(decode(bytes.cut(at: Array(1..<bytes.readableBytes)), as: .client).frames == expected)
    }

    @Test("The masked frame of the RFC's example is unmasked for every split of the bytes")
    func masked() {
        let bytes = ByteBuffer.hex("81 85 37 fa 21 3d 7f 9f 4d 51 58")
        for cut in 0...bytes.readableBytes {
            #expect(
                decode(bytes.cut(at: [cut]), as: .server).frames == [WholeFrame(opcode: .text, payload: "Hello")]
            )
        }
    }

    @Test(
        "Payloads of every length class survive encoding and decoding in both directions",
        arguments: [0, 1, 7, 125, 126, 127, 65_535, 65_536, 70_001]
    )
    func roundTrip(length: Int) {
        let payload = String(repeating: "0123456789", count: length / 10 + 1).prefix(length)
        for role in [WebSocketRole.client, .server] {
            let bytes = FrameEncoder(role: role).encode(.text, ByteBuffer(substring: payload))
            let reader: WebSocketRole = role == .client ? .server : .client
            let pieces = bytes.cut(at: Array(stride(from: 1, to: bytes.readableBytes, by: max(1, length / 50))))
            let (frames, violation) = decode(pieces, as: reader)
            #expect(violation == nil)
            #expect(frames == [WholeFrame(opcode: .text, payload: String(payload))])
        }
    }

    @Test(
        "Invariant 11: the decoder rejects an invalid frame with 1002 at its first wrong byte",
        arguments: [
            ("c1", "first reserved bit"), ("a1", "second reserved bit"), ("91", "third reserved bit"),
            ("83", "reserved data opcode"), ("87", "reserved data opcode"), ("8b", "reserved control opcode"),
            ("8f", "reserved control opcode"), ("09", "fragmented ping"), ("08", "fragmented close"),
            ("0a", "fragmented pong"), ("89 fe", "control frame over 125 bytes"), ("88 ff", "close over 125 bytes"),
            ("81 05", "not masked"), ("81 fe 00 7d", "16 bits for 125"), ("82 fe 00 00", "16 bits for 0"),
            ("81 ff 00 00 00 00 00 00 ff ff", "64 bits for 65,535"),
            ("81 ff 80 00 00 00 00 00 00 00", "highest bit of the length"),
        ]
    )
    func violations(hex: String, what: String) {
        let bytes = ByteBuffer.hex(hex)
        let (frames, violation) = decode([bytes], as: .server)
        #expect(violation?.closeReason.code == 1002)
        #expect(frames.isEmpty)
        let (_, early) = decode(bytes.cut(at: [bytes.readableBytes - 1]).dropLast(), as: .server)
        #expect(early == nil, "the decoder rejected the frame before its wrong byte")
    }

    @Test("A client rejects a masked frame")
    func maskedFromServer() {
        #expect(decode([.hex("81 85 00 00 00 00")], as: .client).violation?.closeReason.code == 1002)
    }

    @Test("After a violation, the decoder decodes nothing more")
    func staysFailed() throws {
        var decoder = FrameDecoder(role: .client)
        decoder.append(.hex("c1"))
        #expect(throws: WebSocketViolation.self) { try decoder.next() }
        decoder.append(.hex("81 00"))
        #expect(throws: WebSocketViolation.self) { try decoder.next() }
    }

    @Test("Invariant 10: the decoder passes on the pieces of an endless frame without buffering them")
    func endless() throws {
        var decoder = FrameDecoder(role: .client)
        decoder.append(.hex("82 7f 7f ff ff ff ff ff ff ff"))
        guard case .dataBegan(let header) = try decoder.next() else {
            Issue.record("the decoder did not begin a frame")
            return
        }
        #expect(header.length == Int.max)
        let piece = ByteBuffer(repeating: 1, count: 1000)
        for _ in 0..<100 {
            decoder.append(piece)
            #expect(try decoder.next() == .dataPiece(piece, isLast: false))
            #expect(try decoder.next() == nil)
        }
    }

    @Test("Random frames, split at random, are decoded complete and in order", arguments: 0..<30 as Range<UInt64>)
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var bytes = ByteBuffer()
        var expected: [WholeFrame] = []
        for _ in 0..<40 {
            let opcode = [FrameOpcode.text, .binary, .continuation, .ping, .pong].randomElement(using: &generator)!
            let longest = opcode.isControl ? 125 : [10, 300, 70_000].randomElement(using: &generator)!
            let payload = String(repeating: "x", count: .random(in: 0...longest, using: &generator))
            let isFinal = opcode.isControl || Bool.random(using: &generator)
            expected.append(WholeFrame(opcode: opcode, isFinal: isFinal, payload: payload))
            FrameEncoder(role: .client).encode(opcode, ByteBuffer(string: payload), isFinal: isFinal, into: &bytes)
        }
        let cuts = (0..<200).map { _ in Int.random(in: 0...bytes.readableBytes, using: &generator) }
        let (frames, violation) = decode(bytes.cut(at: cuts), as: .server)
        #expect(violation == nil)
        #expect(frames == expected)
    }
}
