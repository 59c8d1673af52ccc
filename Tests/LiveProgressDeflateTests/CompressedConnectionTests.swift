// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressDeflate
import LiveProgressTesting
import NIOCore
import Testing

@testable import LiveProgressWebSocket

@Suite("WebSocket compression, RFC 7692")
struct CompressedConnectionTests {
    /// The two ends of one connection.
    struct Pair {
        var server: WebSocketConnection
        var client: WebSocketConnection

        init(_ parameters: DeflateParameters = DeflateParameters(), limit: Int = 1 << 16) {
            let compression = WebSocketCompression(codec: ZlibCodec(), parameters: parameters)
            let limits = WebSocketLimits(maximumMessageSize: limit, maximumFragments: 64)
            let configuration = WebSocketConfiguration(limits: limits, heartbeat: nil)
            server = WebSocketConnection(role: .server, configuration: configuration, compression: compression)
            client = WebSocketConnection(role: .client, configuration: configuration, compression: compression)
        }
    }

    private static func delivered(_ machine: inout WebSocketConnection, _ bytes: ByteBuffer) -> [WebSocketMessage] {
        machine.received(bytes)
        var messages: [WebSocketMessage] = []
        while let action = machine.next() { if case .deliver(let message) = action { messages.append(message) } }
        return messages
    }

    private static func closeCode(_ machine: inout WebSocketConnection, _ bytes: ByteBuffer) -> UInt16? {
        machine.received(bytes)
        while let action = machine.next() { if case .closed(let reason) = action { return reason.code } }
        return nil
    }

    /// Returns a client's frame with the given payload.
    private static func frame(
        _ opcode: FrameOpcode,
        _ payload: [UInt8],
        isFinal: Bool = true,
        isCompressed: Bool = true
    ) -> ByteBuffer {
        let encoder = FrameEncoder(role: .client)
        return encoder.encode(opcode, ByteBuffer(bytes: payload), isFinal: isFinal, isCompressed: isCompressed)
    }

    private static let hello: [UInt8] = [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]

    @Test("The example messages of RFC 7692 section 7.2.3 inflate to the expected text")
    func examples() {
        let hello = WebSocketMessage(isText: true, payload: ByteBuffer(string: "Hello"))
        var pair = Pair()
        // 7.2.3.1: one frame, then two fragments.
        #expect(Self.delivered(&pair.server, Self.frame(.text, Self.hello)) == [hello])
        var fragments = Self.frame(.text, Array(Self.hello.prefix(3)), isFinal: false)
        fragments.writeImmutableBuffer(Self.frame(.continuation, Array(Self.hello.dropFirst(3)), isCompressed: false))
        #expect(Self.delivered(&pair.server, fragments) == [hello])
        // 7.2.3.2: the second message refers to the first.
        #expect(Self.delivered(&pair.server, Self.frame(.text, [0xF2, 0x00, 0x11, 0x00, 0x00])) == [hello])
        // 7.2.3.3: a block without compression.
        let stored: [UInt8] = [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00]
        #expect(Self.delivered(&pair.server, Self.frame(.text, stored)) == [hello])
        // 7.2.3.4: a block with BFINAL set; the next message may still refer to its content.
        #expect(
            Self.delivered(&pair.server, Self.frame(.text, [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00])) == [hello]
        )
        #expect(Self.delivered(&pair.server, Self.frame(.text, [0xF2, 0x00, 0x11, 0x00, 0x00])) == [hello])
        // 7.2.3.5: two blocks in one message.
        let blocks: [UInt8] = [0xF2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xCA, 0xC9, 0xC9, 0x07, 0x00]
        #expect(Self.delivered(&pair.server, Self.frame(.text, blocks)) == [hello])
    }

    @Test("An empty message has a payload of one byte; uncompressed messages may come between compressed ones")
    func emptyAndClear() throws {
        var pair = Pair()
        let empty = pair.server.encode(WebSocketMessage(isText: true, payload: ByteBuffer()))
        #expect(Array(empty.readableBytesView) == [0xC1, 0x01, 0x00])
        #expect(Self.delivered(&pair.client, empty).map(\.payload.readableBytes) == [0])
        let clear = Self.frame(.text, Array("clear".utf8), isCompressed: false)
        #expect(Self.delivered(&pair.server, clear).map(\.payload) == [ByteBuffer(string: "clear")])
        #expect(Self.delivered(&pair.server, Self.frame(.text, Self.hello)).count == 1)
    }

    @Test("RSV1 on a continuation or control frame, and RSV2 or RSV3 on any frame, closes with 1002")
    func reservedBits() {
        for bytes in [
            Self.frame(.ping, []), Self.frame(.close, []), ByteBuffer(bytes: [0xA1]), ByteBuffer(bytes: [0x91]),
        ] {
            var pair = Pair()
            #expect(Self.closeCode(&pair.server, bytes) == 1002)
        }
        var pair = Pair()
        _ = Self.delivered(&pair.server, Self.frame(.text, Array(Self.hello.prefix(3)), isFinal: false))
        #expect(Self.closeCode(&pair.server, Self.frame(.continuation, Array(Self.hello.dropFirst(3)))) == 1002)
    }

    @Test("Invariant 11: a message that inflates past the limit closes with 1009; a message at the limit is delivered")
    func bomb() {
        let zeros = ByteBuffer(repeating: 0, count: 1 << 16)
        var sender = Pair(limit: 1 << 30)
        var fitting = Pair(limit: 1 << 16)
        let frame = sender.client.encode(WebSocketMessage(isText: false, payload: zeros))
        #expect(frame.readableBytes < 200)
        #expect(Self.delivered(&fitting.server, frame).map(\.payload) == [zeros])
        var small = Pair(limit: (1 << 16) - 1)
        var another = Pair(limit: 1 << 30)
        let same = another.client.encode(WebSocketMessage(isText: false, payload: zeros))
        #expect(Self.closeCode(&small.server, same) == 1009)
    }

    @Test("Invariant 10: the memory for an inflated message stays near the limit")
    func bombMemory() throws {
        let deflater = try #require(ZlibCodec().makeDeflater(windowBits: 15))
        var bomb = ByteBuffer()
        #expect(deflater.deflate(ByteBuffer(repeating: 0, count: 1 << 26), into: &bomb))
        let inflater = try #require(ZlibCodec().makeInflater())
        var output = ByteBuffer()
        #expect(throws: InflateError.tooLong) { try inflater.inflate(bomb, into: &output, limit: 1 << 16) }
        #expect(output.readableBytes == (1 << 16) + 1)
        #expect(output.capacity <= 1 << 18)
    }

    @Test("Endless blocks that inflate to nothing close with 1009 or 1007")
    func emptyBlocks() {
        var pair = Pair(limit: 4096)
        #expect(Self.closeCode(&pair.server, Self.frame(.text, Array(repeating: 0, count: 8193))) == 1009)
        // Each pair of bytes is a whole block with BFINAL set.
        var other = Pair()
        let lasts = [UInt8](repeating: 0, count: 400).enumerated().map { $0.offset % 2 == 0 ? UInt8(0x03) : 0 }
        #expect(Self.closeCode(&other.server, Self.frame(.text, lasts)) == 1007)
    }

    @Test("Text is validated while it is inflated: the first invalid byte closes with 1007 before the message ends")
    func wrongText() {
        var pair = Pair()
        var sender = Pair()
        let bytes = ByteBuffer(bytes: Array("good ".utf8) + [0xFF] + Array(repeating: UInt8(ascii: "x"), count: 100))
        let frame = sender.client.encode(WebSocketMessage(isText: false, payload: bytes))
        // Send the same payload as the first fragment of a text message.
        var decoder = FrameDecoder(role: .server, isDeflateAgreed: true)
        decoder.append(frame)
        var payload: [UInt8] = []
        while let event = try? decoder.next() {
            if case .dataPiece(let piece, _) = event { payload += Array(piece.readableBytesView) }
        }
        #expect(Self.closeCode(&pair.server, Self.frame(.text, payload, isFinal: false)) == 1007)
    }

    @Test("The first fault decides the close code, however the bytes are split: 1007 before 1009")
    func firstFault() throws {
        let deflater = try #require(ZlibCodec().makeDeflater(windowBits: 15))
        var payload = ByteBuffer()
        #expect(deflater.deflate(ByteBuffer(bytes: [0xFF] + Array(repeating: 0x78, count: 5000)), into: &payload))
        let wire = Self.frame(.text, Array(payload.readableBytesView))
        #expect(Self.closeCodes(of: wire, limit: 64) == [1007, 1007])
        let clean = Self.frame(.binary, Array(payload.readableBytesView))
        #expect(Self.closeCodes(of: clean, limit: 64) == [1009, 1009])
    }

    @Test("A message may have 16 blocks with BFINAL set, however the bytes are split; the next message is read too")
    func lastBlocks() {
        let lasts: [UInt8] = Array(repeatElement([3, 0], count: 16).joined())
        var two = Self.frame(.binary, lasts + [0])
        two.writeImmutableBuffer(Self.frame(.binary, lasts + [0]))
        #expect(Self.closeCodes(of: two) == [nil, nil])
        #expect(Self.closeCodes(of: Self.frame(.binary, lasts + [3, 0, 0])) == [1007, 1007])
    }

    /// Returns the close codes of two connections: the first gets all bytes in one read, the second gets single bytes.
    private static func closeCodes(of wire: ByteBuffer, limit: Int = 1 << 16) -> [UInt16?] {
        var (whole, bytewise) = (Pair(limit: limit), Pair(limit: limit))
        var code: UInt16?
        for byte in wire.readableBytesView where code == nil {
            code = closeCode(&bytewise.server, ByteBuffer(bytes: [byte]))
        }
        return [closeCode(&whole.server, wire), code]
    }

    @Test("Bytes that are not DEFLATE close with 1007")
    func malformed() {
        var pair = Pair()
        #expect(Self.closeCode(&pair.server, Self.frame(.text, [0xFF, 0xFF, 0xFF, 0xFF])) == 1007)
    }

    @Test("Messages arrive unchanged for all parameters and all splits of bytes", arguments: 0..<60 as Range<UInt64>)
    func random(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var parameters = DeflateParameters()
        parameters.server = .init(
            keepsContext: .random(using: &generator),
            windowBits: .random(in: 8...15, using: &generator)
        )
        parameters.client = .init(
            keepsContext: .random(using: &generator),
            windowBits: .random(in: 8...15, using: &generator)
        )
        var pair = Pair(parameters)
        for _ in 0..<20 {
            let length = [0, 1, 5, 700, 20_000].randomElement(using: &generator) ?? 0
            let alphabet = Bool.random(using: &generator) ? UInt8(3) : .max
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...alphabet, using: &generator) }
            let message = WebSocketMessage(isText: false, payload: ByteBuffer(bytes: bytes))
            let isFromServer = Bool.random(using: &generator)
            var wire = isFromServer ? pair.server.encode(message) : pair.client.encode(message)
            var came: [WebSocketMessage] = []
            while wire.readableBytes > 0 {
                let count = Int.random(in: 1...wire.readableBytes, using: &generator)
                guard let piece = wire.readSlice(length: count) else { break }
                came += isFromServer ? Self.delivered(&pair.client, piece) : Self.delivered(&pair.server, piece)
            }
            #expect(came == [message])
        }
    }
}
