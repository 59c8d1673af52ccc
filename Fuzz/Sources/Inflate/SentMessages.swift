// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import LiveProgressDeflate
internal import NIOCore

@testable internal import LiveProgressWebSocket

/// Messages that both ends of a connection send each other.
///
/// Each message inflates to the original, with any parameters and any split, in the peer and in a minimal RFC 7692 inflater.
struct SentMessages {
    private static let longest = 1 << 13
    private static let most = 16

    private let codec: ZlibCodec
    private let parameters: DeflateParameters
    private var messages: [(role: WebSocketRole, payload: [UInt8])] = []

    /// Reads two bytes for the parameters, and for each message one byte (sender, repetitions) and then its bytes.
    init(_ script: Script) {
        var script = script
        let (first, second) = (script.next() ?? 0, script.next() ?? 0)
        codec = ZlibCodec(level: Int(second >> 3))
        parameters = DeflateParameters(
            server: .init(keepsContext: first & 1 == 0, windowBits: 8 + Int(first >> 2 & 7)),
            client: .init(keepsContext: first & 2 == 0, windowBits: 8 + Int(second & 7))
        )
        while messages.count < Self.most, let head = script.next(), let bytes = script.counted() {
            let repeated = Array(repeatElement(bytes, count: 1 << Int(head >> 1 & 15)).joined().prefix(Self.longest))
            messages.append((head & 1 == 0 ? .server : .client, repeated))
        }
    }

    func check() {
        let compression = WebSocketCompression(codec: codec, parameters: parameters)
        let limits = WebSocketLimits(maximumMessageSize: Self.longest)
        var ends = [WebSocketRole.server, .client].map { End($0, limits, compression) }
        var references = ends.map { _ in ReferenceInflater() }
        for message in messages {
            let (from, to) = message.role == .server ? (0, 1) : (1, 0)
            let sent = WebSocketMessage(isText: false, payload: ByteBuffer(bytes: message.payload))
            let wire = Array(ends[from].machine.encode(sent).readableBytesView)
            var cuts = Cuts(of: Array(wire.prefix(64)))
            ends[to].receive(cuts.pieces(of: wire))
            expect(ends[to].machine.isOpen, "closed with \(ends[to].reasons)")
            expectEqual(ends[to].messages, [sent], "received and sent")
            ends[to].messages = []
            check(wire, of: message.role, is: message.payload, by: &references[from])
        }
        if let first = messages.first { checkAlone(first.payload) }
    }

    /// Checks that a peer with only the negotiated memory can inflate the message.
    private func check(
        _ wire: [UInt8],
        of role: WebSocketRole,
        is payload: [UInt8],
        by reference: inout ReferenceInflater
    ) {
        let direction = parameters.outgoing(of: role)
        var decoder = FrameDecoder(role: role == .server ? .client : .server, isDeflateAgreed: true)
        decoder.append(ByteBuffer(bytes: wire))
        var (isCompressed, bytes) = (false, [UInt8]())
        while let event = try? decoder.next() {
            switch event {
            case .dataBegan(let header): isCompressed = header.isCompressed
            case .dataPiece(let piece, _): bytes += piece.readableBytesView
            case .control(let opcode, _): fail("wrote a frame of \(opcode)")
            }
        }
        expectEqual(isCompressed, codec.windowBits.contains(direction.windowBits), "whether it is compressed")
        guard isCompressed else { return expectEqual(bytes, payload, "in the clear") }
        if !direction.keepsContext { reference = ReferenceInflater() }
        let result = reference.inflate(bytes + Self.tail, limit: Self.longest, window: 1 << direction.windowBits)
        expect(result.end == .taken, "ends with \(result.end)")
        expectEqual(result.output, payload, "inflated by the reference, and sent")
    }

    /// Checks that a message deflated for many watchers refers to no other message, and is the same each time.
    private func checkAlone(_ payload: [UInt8]) {
        let deflaters = SharedDeflaters(codec: codec)
        guard let one = deflaters.deflate(payload[...]), let other = deflaters.deflate(payload[...]) else {
            fail("there is nothing to deflate with")
        }
        expectEqual(one, other, "deflated twice")
        var reference = ReferenceInflater()
        let result = reference.inflate(one + Self.tail, limit: Self.longest, window: 1 << 15)
        expect(result.end == .taken, "ends with \(result.end)")
        expectEqual(result.output, payload, "inflated alone, and sent")
    }

    /// The bytes that the sender removes from each message.
    static let tail: [UInt8] = [0x00, 0x00, 0xFF, 0xFF]
}

/// One end of a connection, and the events that it reported.
struct End {
    var machine: WebSocketConnection
    var messages: [WebSocketMessage] = []
    var reasons: [WebSocketCloseReason] = []

    init(_ role: WebSocketRole, _ limits: WebSocketLimits, _ compression: WebSocketCompression) {
        let configuration = WebSocketConfiguration(limits: limits, heartbeat: nil)
        machine = WebSocketConnection(role: role, configuration: configuration, compression: compression)
    }

    mutating func receive(_ pieces: [ArraySlice<UInt8>]) {
        for piece in pieces {
            machine.received(ByteBuffer(bytes: piece))
            while let action = machine.next() {
                switch action {
                case .deliver(let message): messages.append(message)
                case .closed(let reason): reasons.append(reason)
                default: break
                }
            }
        }
    }
}
