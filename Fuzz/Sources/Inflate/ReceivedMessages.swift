// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import LiveProgressDeflate
internal import NIOCore

@testable internal import LiveProgressWebSocket

/// Compressed messages from an untrusted peer.
///
/// The connection delivers the same messages as the reference inflater, up to the first invalid message. It closes with the code
/// for that message. The result does not depend on how the frames are split, and the memory stays within the limit.
struct ReceivedMessages {
    private static let most = 32

    private struct Sent {
        let isText: Bool
        let isCompressed: Bool
        let fragments: Int
        let payload: [UInt8]
    }

    /// The result of a connection.
    private struct Outcome: Equatable {
        var messages: [WebSocketMessage] = []
        var codes: [UInt16] = []
    }

    private let role: WebSocketRole
    private let limits: WebSocketLimits
    private let keepsContext: Bool
    private var sent: [Sent] = []

    /// Reads one byte for the connection, and for each message one byte for its frames and then its bytes.
    init(_ script: Script) {
        var script = script
        let options = script.next() ?? 0
        role = options & 1 == 0 ? .server : .client
        limits = WebSocketLimits(maximumMessageSize: options & 2 == 0 ? 8192 : 64)
        keepsContext = options & 4 == 0
        while sent.count < Self.most, let head = script.next(), let bytes = script.counted() {
            let isCompressed = head & 2 == 0
            // The connection may refuse more than 1,024 compressed bytes by their length alone; the `frames` fuzzer covers that.
            sent.append(
                Sent(
                    isText: head & 1 == 0,
                    isCompressed: isCompressed,
                    fragments: isCompressed ? 1 + Int(head >> 2 & 3) : 1,
                    payload: Array(bytes.prefix(isCompressed ? 1024 : 64))
                )
            )
        }
    }

    func check() {
        let wire = frames()
        var cuts = Cuts(of: Array(wire.prefix(64)))
        let whole = outcome(of: [wire[...]])
        expectEqual(whole, outcome(of: cuts.pieces(of: wire)), "whole and in pieces")
        expectEqual(whole, outcome(of: wire.indices.map { wire[$0...$0] }), "whole and byte by byte")
        judge(whole)
        for message in sent { checkMemory(message.payload) }
    }

    private func frames() -> [UInt8] {
        let encoder = FrameEncoder(role: role == .server ? .client : .server)
        var wire = ByteBuffer()
        for message in sent {
            let length = message.payload.count / message.fragments
            for index in 0..<message.fragments {
                let isFinal = index == message.fragments - 1
                let end = isFinal ? message.payload.count : (index + 1) * length
                encoder.encode(
                    index > 0 ? .continuation : message.isText ? .text : .binary,
                    ByteBuffer(bytes: message.payload[(index * length)..<end]),
                    isFinal: isFinal,
                    isCompressed: message.isCompressed && index == 0,
                    into: &wire
                )
            }
        }
        return Array(wire.readableBytesView)
    }

    private func outcome(of pieces: [ArraySlice<UInt8>]) -> Outcome {
        let direction = DeflateParameters.Direction(keepsContext: keepsContext)
        let parameters = DeflateParameters(server: direction, client: direction)
        var end = End(role, limits, WebSocketCompression(codec: ZlibCodec(), parameters: parameters))
        end.receive(pieces)
        expectEqual(end.machine.isOpen, end.reasons.isEmpty, "open, and not told that it is closed")
        return Outcome(messages: end.messages, codes: end.reasons.map(\.code))
    }

    /// Compares the delivered messages with the reference, up to the first invalid message.
    private func judge(_ outcome: Outcome) {
        var reference = ReferenceInflater()
        for (index, message) in sent.enumerated() {
            var result = (output: message.payload, end: ReferenceInflater.End.taken)
            if message.isCompressed {
                if !keepsContext { reference = ReferenceInflater() }
                let bytes = message.payload + SentMessages.tail
                result = reference.inflate(bytes, limit: limits.maximumMessageSize, window: 1 << 15)
            }
            let isDelivered = outcome.messages.count > index
            // Inside a code, zlib may detect an invalid code earlier than the reference.
            if result.end == .withinCode, !isDelivered, outcome.codes == [1007] { return }
            var code = result.end == .malformed ? 1007 : result.end == .tooLong ? 1009 : nil as UInt16?
            if message.isText {
                var validator = UTF8Validator()
                let isValid = result.output.withUnsafeBytes { validator.accepts($0) }
                if !isValid || (code == nil && !validator.isAtBoundary) { code = 1007 }
            }
            guard code == nil else {
                expectEqual(outcome.messages.count, index, "messages before the one that is none")
                return expectEqual(outcome.codes, [code], "the code, and the one that the reference wants")
            }
            guard isDelivered else { fail("message \(index) closes with \(outcome.codes), not the reference") }
            let payload = Array(outcome.messages[index].payload.readableBytesView)
            expectEqual(payload, result.output, "inflated, and by the reference")
            expectEqual(outcome.messages[index].isText, message.isText, "whether it is text")
        }
        expect(outcome.codes.isEmpty, "closed with \(outcome.codes), not so the reference")
    }

    private func checkMemory(_ bytes: [UInt8]) {
        guard let inflater = ZlibCodec().makeInflater() else { fail("there is nothing to inflate with") }
        let limit = limits.maximumMessageSize
        var output = ByteBuffer()
        do throws(InflateError) {
            try inflater.inflate(ByteBuffer(bytes: bytes), into: &output, limit: limit)
            expect(output.readableBytes <= limit, "\(output.readableBytes) bytes within \(limit)")
        } catch {
            expect(output.readableBytes <= limit + 1, "\(output.readableBytes) bytes past \(limit)")
        }
        // A buffer's capacity is a power of two.
        expect(output.storageCapacity < 2 * (limit + 1), "a capacity of \(output.storageCapacity) for \(limit)")
    }
}
