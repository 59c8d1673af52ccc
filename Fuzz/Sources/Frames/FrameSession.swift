// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import NIOCore

@testable internal import LiveProgressWebSocket

/// One end of a connection that only receives, and the result.
struct FrameSession {
    /// The result of a connection; written frames are decoded, because a client masks each with a different key.
    struct Outcome: Equatable {
        var messages: [WebSocketMessage] = []
        var answers: [Answer] = []
        var reasons: [WebSocketCloseReason] = []
        var isOpen = true
    }

    /// A frame that the connection wrote.
    struct Answer: Equatable {
        let opcode: FrameOpcode
        let payload: ByteBuffer
    }

    private let role: WebSocketRole
    private let configuration: WebSocketConfiguration

    private var peer: WebSocketRole { role == .server ? .client : .server }

    init(options: UInt8) {
        role = options & 1 == 0 ? .server : .client
        let limits =
            options & 2 == 0 ? WebSocketLimits() : WebSocketLimits(maximumMessageSize: 64, maximumFragments: 4)
        configuration = WebSocketConfiguration(limits: limits, heartbeat: nil)
    }

    /// Returns the result for a stream that arrives in these pieces and then ends.
    func outcome(of pieces: [ArraySlice<UInt8>]) -> Outcome {
        var connection = WebSocketConnection(role: role, configuration: configuration)
        var outcome = Outcome()
        var written = ByteBuffer()
        connection.opened()
        perform(&connection, into: &outcome, writing: &written)
        for piece in pieces {
            connection.received(ByteBuffer(bytes: piece))
            perform(&connection, into: &outcome, writing: &written)
        }
        outcome.isOpen = connection.isOpen
        connection.inputClosed()
        connection.channelClosed()
        perform(&connection, into: &outcome, writing: &written)
        outcome.answers = answers(in: written)
        return outcome
    }

    private func perform(_ machine: inout WebSocketConnection, into outcome: inout Outcome, writing: inout ByteBuffer) {
        while let action = machine.next() {
            switch action {
            case .write(let bytes): writing.writeImmutableBuffer(bytes)
            case .deliver(let message): outcome.messages.append(message)
            case .closed(let reason): outcome.reasons.append(reason)
            case .stopSending, .startTimer, .stopTimer, .closeOutput, .closeChannel: break
            }
        }
    }

    /// Returns the written frames as the peer reads them; fails if the peer cannot read them.
    private func answers(in bytes: ByteBuffer) -> [Answer] {
        var decoder = FrameDecoder(role: peer)
        decoder.append(bytes)
        var answers: [Answer] = []
        do throws(WebSocketViolation) {
            while let event = try decoder.next() {
                guard case .control(let opcode, let payload) = event else { fail("data was written: \(event)") }
                answers.append(Answer(opcode: opcode, payload: payload))
            }
        } catch {
            fail("the peer cannot read what was written: \(error)")
        }
        return answers
    }
}

extension FrameSession {
    /// Checks that the end wrote only pongs and at most one final close frame, with a valid code (RFC 6455 sections 5.5 and 7.4).
    func checkAnswers(of outcome: Outcome) {
        expect(outcome.reasons.count == 1, "told \(outcome.reasons.count) times how it ended")
        for reason in outcome.reasons {
            let isKnown = reason.code == 1005 || reason.code == 1006 || WebSocketCloseReason.isSendable(reason.code)
            expect(isKnown, "closed with \(reason)")
        }
        for (index, answer) in outcome.answers.enumerated() {
            switch answer.opcode {
            case .pong: break
            case .close:
                expect(index == outcome.answers.count - 1, "wrote behind its close frame")
                let code = answer.payload.getInteger(at: answer.payload.readerIndex, as: UInt16.self)
                expect(code.map(WebSocketCloseReason.isSendable) ?? true, "sent close code \(code ?? 0)")
            default: fail("wrote a frame of \(answer.opcode)")
            }
        }
    }

    /// Checks that messages are within the limits, texts are UTF-8, and messages arrive unchanged if they are sent again.
    func checkMessages(of outcome: Outcome) {
        guard !outcome.messages.isEmpty else { return }
        let encoder = FrameEncoder(role: peer)
        var stream = ByteBuffer()
        for message in outcome.messages {
            let bytes = message.payload.readableBytesView
            expect(bytes.count <= configuration.limits.maximumMessageSize, "delivered \(bytes.count) bytes")
            if message.isText { expect(String(validating: bytes, as: UTF8.self) != nil, "delivered broken text") }
            // The message is sent in two fragments, with a ping between them.
            var rest = message.payload
            let first = rest.readSlice(length: rest.readableBytes / 2) ?? ByteBuffer()
            encoder.encode(message.isText ? .text : .binary, first, isFinal: false, into: &stream)
            encoder.encode(.ping, ByteBuffer(), into: &stream)
            encoder.encode(.continuation, rest, into: &stream)
        }
        let again = self.outcome(of: [Array(stream.readableBytesView)[...]])
        expectEqual(outcome.messages, again.messages, "delivered, and delivered when sent again")
        expect(again.isOpen, "sent again it closes the connection: \(again.reasons)")
    }
}
