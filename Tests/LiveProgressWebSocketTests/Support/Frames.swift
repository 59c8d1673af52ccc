// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOEmbedded

@testable import LiveProgressWebSocket

extension ByteBuffer {
    /// Returns the bytes of pairs of hexadecimal digits; whitespace is ignored.
    static func hex(_ text: String) -> ByteBuffer {
        let digits = text.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
        let bytes = stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
        return ByteBuffer(bytes: bytes)
    }

    /// Returns the buffer in pieces that end at the given offsets.
    func cut(at offsets: [Int]) -> [ByteBuffer] {
        var rest = self
        var pieces: [ByteBuffer] = []
        var start = 0
        for offset in offsets.sorted() + [readableBytes] {
            guard let piece = rest.readSlice(length: offset - start) else { continue }
            pieces.append(piece)
            start = offset
        }
        return pieces
    }

    var text: String { String(buffer: self) }
}

/// A complete frame with its whole payload, for comparison in tests.
struct WholeFrame: Hashable, CustomStringConvertible {
    var opcode: FrameOpcode
    var isFinal: Bool
    var bytes: [UInt8]

    var payload: String { String(decoding: bytes, as: UTF8.self) }

    init(opcode: FrameOpcode, isFinal: Bool = true, payload: String) {
        self.opcode = opcode
        self.isFinal = isFinal
        self.bytes = Array(payload.utf8)
    }

    init(opcode: FrameOpcode, isFinal: Bool = true, bytes: ByteBuffer) {
        self.opcode = opcode
        self.isFinal = isFinal
        self.bytes = Array(bytes.readableBytesView)
    }

    var description: String { "\(opcode)\(isFinal ? "" : "…") \(payload.prefix(60))" }
}

/// Decodes pieces; returns the frames, and the violation that ended the decoding.
func decode(_ pieces: [ByteBuffer], as role: WebSocketRole) -> (frames: [WholeFrame], violation: WebSocketViolation?) {
    var decoder = FrameDecoder(role: role)
    var frames: [WholeFrame] = []
    var partial: WholeFrame?
    for piece in pieces {
        decoder.append(piece)
        do {
            while let event = try decoder.next() {
                switch event {
                case .dataBegan(let header):
                    partial = WholeFrame(opcode: header.opcode, isFinal: header.isFinal, bytes: ByteBuffer())
                case .dataPiece(let bytes, let isLast):
                    partial?.bytes += bytes.readableBytesView
                    if isLast, let frame = partial { frames.append(frame) }
                case .control(let opcode, let payload):
                    frames.append(WholeFrame(opcode: opcode, bytes: payload))
                }
            }
        } catch {
            return (frames, error)
        }
    }
    return (frames, nil)
}

/// Returns the frames that a server wrote.
func serverFrames(_ bytes: ByteBuffer) -> [WholeFrame] {
    decode([bytes], as: .client).frames
}

/// Returns a client's frame.
func clientFrame(_ opcode: FrameOpcode, _ payload: String = "", isFinal: Bool = true) -> ByteBuffer {
    FrameEncoder(role: .client).encode(opcode, ByteBuffer(string: payload), isFinal: isFinal)
}

/// Returns a client's close frame.
func clientClose(_ code: UInt16) -> ByteBuffer {
    FrameEncoder(role: .client).encode(.close, WebSocketCloseReason(code: code).payload)
}

/// Returns the code of a close frame, or `nil` for another frame.
func closeCode(_ frame: WholeFrame) -> UInt16? {
    guard frame.opcode == .close else { return nil }
    return ByteBuffer(bytes: frame.bytes).getInteger(at: 0)
}

extension EmbeddedChannel {
    /// The frames written since the previous access.
    var frames: [WholeFrame] {
        get throws {
            var frames: [WholeFrame] = []
            while let bytes = try readOutbound(as: ByteBuffer.self) { frames += serverFrames(bytes) }
            return frames
        }
    }

    /// The text messages written since the previous access.
    var sent: [String] {
        get throws { try frames.filter { $0.opcode == .text }.map(\.payload) }
    }

    func setWritable(_ isWritable: Bool) {
        guard self.isWritable != isWritable else { return }
        self.isWritable = isWritable
        pipeline.fireChannelWritabilityChanged()
    }
}

extension WebSocketClientConnection {
    /// The texts of all messages until the connection ends.
    var allTexts: [String] {
        get async {
            var texts: [String] = []
            for await message in messages { texts.append(message.payload.text) }
            return texts
        }
    }
}
