// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore

extension WebSocketConnection {
    mutating func handle(_ event: FrameEvent) throws(WebSocketViolation) {
        guard allowance.take(event, perMinute: configuration.limits.maximumMessagesPerMinute, now: now) else {
            throw .tooManyMessages(configuration.limits.maximumMessagesPerMinute ?? 0)
        }
        switch event {
        case .dataBegan(let header):
            try assembler.begin(header)
        case .dataPiece(let piece, let isLast):
            // A message that was incomplete when this end began to close is checked, but not delivered.
            guard let message = try assembler.add(piece, isLast: isLast), isOpen else { return }
            actions.append(.deliver(message))
        case .control(.ping, let payload):
            answerPing(payload)
        case .control(.pong, let payload):
            takePong(payload)
        case .control(_, let payload):
            takeClose(try WebSocketCloseReason(payload: payload))
        }
    }

    private mutating func answerPing(_ payload: ByteBuffer) {
        guard isOpen else { return }
        if isWritable {
            actions.append(.write(encoder.encode(.pong, payload)))
        } else {
            owedPong.value = payload
        }
    }

    /// Records a pong; a pong that does not answer the latest ping is allowed and ignored (section 5.5.3).
    private mutating func takePong(_ payload: ByteBuffer) {
        guard case .awaitingPong = pulse, payload == ByteBuffer(integer: pingCount) else { return }
        pulse = .answered
    }

    /// Answers a close frame.
    ///
    /// The server closes the channel first (section 7.1.1), so that the client does not keep the address in use.
    private mutating func takeClose(_ reason: WebSocketCloseReason) {
        if isOpen {
            actions.append(.stopSending)
            writeClose(WebSocketCloseReason(code: reason.code))
        }
        phase = .finishing
        tellClosed(reason)
        if role == .server { actions.append(.closeOutput) }
        actions.append(.startTimer(configuration.closeTimeout))
    }

    /// Handles the heartbeat's timer: a ping is due, or its pong is late.
    mutating func beat() {
        guard let heartbeat = configuration.heartbeat else { return }
        switch pulse {
        case .answered:
            // The timer was not moved when the pong arrived: one timer that is never cancelled costs the least.
            pulse = .quiet
            actions.append(.startTimer(max(heartbeat.interval - heartbeat.timeout, .zero)))
        case .quiet where isWritable:
            pingCount &+= 1
            pulse = .awaitingPong(isExtended: false)
            actions.append(.write(encoder.encode(.ping, ByteBuffer(integer: pingCount))))
            actions.append(.startTimer(heartbeat.timeout))
        case .quiet:
            // The ping would only wait behind bytes that the peer does not read.
            pulse = .awaitingPong(isExtended: true)
            actions.append(.startTimer(heartbeat.interval))
        case .awaitingPong(isExtended: false) where !isWritable:
            pulse = .awaitingPong(isExtended: true)
            actions.append(.startTimer(heartbeat.interval))
        case .awaitingPong(isExtended: true) where isWritable:
            pulse = .quiet
            beat()
        case .awaitingPong:
            fail(WebSocketCloseReason(.internalError, "A ping was not answered in time."))
        }
    }
}
