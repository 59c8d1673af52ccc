// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import NIOCore

/// One end of a connection as a pure state machine: events go in, actions come out of ``next()``.
///
/// Call an event's method, then perform the actions of ``next()`` until it returns `nil`.
package struct WebSocketConnection: Sendable {
    /// An action for the caller.
    package enum Action: Sendable, Hashable {
        /// Write the bytes and flush.
        case write(ByteBuffer)
        /// Deliver a message to the application.
        case deliver(WebSocketMessage)
        /// Send no more messages: the close handshake has begun.
        case stopSending
        /// Start the connection's only timer; replace a running one.
        case startTimer(Duration)
        /// Stop the timer.
        case stopTimer
        /// Close the output of the channel once all bytes are written.
        case closeOutput
        /// Close the channel.
        case closeChannel
        /// Report to the application how the connection ended.
        case closed(WebSocketCloseReason)
    }

    enum Phase: Sendable {
        /// Both ends may send messages.
        case open
        /// This end sent a close frame and waits for the peer's.
        case closing
        /// Nothing more is read or sent; this end waits for the peer to close the channel.
        case finishing
        case closed
    }

    enum Pulse: Sendable {
        case quiet
        case awaitingPong(isExtended: Bool)
        case answered
    }

    // Large members come first to reduce padding, because a server has one of these values per watcher.
    private let settings: SharedConfiguration
    var decoder: FrameDecoder
    var assembler: MessageAssembler
    var allowance = MessageAllowance()
    var now = NIODeadline.uptimeNanoseconds(0)
    private var deflation: Boxed<MessageDeflation>
    var pingCount: UInt64 = 0
    /// The latest ping without a pong, because the peer does not read; section 5.5.3 allows dropping earlier pings.
    var owedPong = Boxed<ByteBuffer>()
    var actions: [Action] = []
    let role: WebSocketRole
    let encoder: FrameEncoder
    var phase = Phase.open
    var pulse = Pulse.quiet
    var isWritable = true
    var hasToldClosed = false
    /// The number of extra close timeouts for a peer that must still read the bytes before this end's close frame.
    private var patience: UInt8 = 0
    /// The limit that the peer exceeded; `nil` if the connection did not fail for a limit.
    private(set) var exceededLimit: WebSocketLimit?

    /// Creates a connection whose handshake has just completed.
    /// - Parameters:
    ///   - role: The end that this value represents.
    ///   - configuration: The settings.
    ///   - compression: The negotiated compression; `nil` for none.
    package init(
        role: WebSocketRole,
        configuration: WebSocketConfiguration = WebSocketConfiguration(),
        compression: WebSocketCompression? = nil
    ) {
        self.init(role: role, settings: SharedConfiguration(configuration), compression: compression)
    }

    /// Creates a connection that shares its configuration with others.
    package init(role: WebSocketRole, settings: SharedConfiguration, compression: WebSocketCompression?) {
        self.role = role
        self.settings = settings
        self.encoder = FrameEncoder(role: role)
        self.decoder = FrameDecoder(role: role, isDeflateAgreed: compression != nil)
        self.assembler = MessageAssembler(
            settings: settings,
            inflation: compression.map { MessageInflation($0, role: role) }
        )
        self.deflation = Boxed(compression.map { MessageDeflation($0, role: role) })
    }

    var configuration: WebSocketConfiguration { settings.value }

    /// Whether messages may still be sent.
    package var isOpen: Bool { if case .open = phase { true } else { false } }

    /// Returns the next action, or `nil` until the next event.
    package mutating func next() -> Action? {
        while true {
            if let action = takeAction() { return action }
            switch phase {
            case .open, .closing: break
            case .finishing, .closed: return nil
            }
            do throws(WebSocketViolation) {
                guard let event = try decoder.next() else { return nil }
                try handle(event)
            } catch {
                exceededLimit = error.limit
                fail(error.closeReason)
            }
        }
    }

    /// Encodes a message as one frame, compressed if the ends negotiated compression.
    ///
    /// Send the results in the order of the calls, because a compressed message may refer to earlier ones.
    /// - Parameter message: The message.
    /// - Returns: The bytes for the wire.
    package mutating func encode(_ message: WebSocketMessage) -> ByteBuffer {
        let opcode: FrameOpcode = message.isText ? .text : .binary
        if let compressed = deflation.value?.compress(message.payload) {
            return encoder.encode(opcode, compressed, isCompressed: true)
        }
        return encoder.encode(opcode, message.payload)
    }

    /// Starts the heartbeat after the channel has opened.
    package mutating func opened() {
        if let heartbeat = configuration.heartbeat { actions.append(.startTimer(heartbeat.interval)) }
    }

    /// Handles received bytes.
    /// - Parameters:
    ///   - bytes: The received bytes.
    ///   - now: The current time; used only if messages are counted.
    package mutating func received(_ bytes: ByteBuffer, now: NIODeadline = .uptimeNanoseconds(0)) {
        self.now = now
        switch phase {
        case .open, .closing: decoder.append(bytes)
        case .finishing, .closed: break
        }
    }

    /// Handles a change of writability: while the channel is not writable, no ping or pong is queued.
    /// - Parameter isWritable: Whether the channel takes bytes.
    package mutating func writabilityChanged(_ isWritable: Bool) {
        self.isWritable = isWritable
        guard isWritable, isOpen, let pong = owedPong.value else { return }
        owedPong.value = nil
        actions.append(.write(encoder.encode(.pong, pong)))
    }

    /// Begins to close on behalf of the application.
    /// - Parameters:
    ///   - reason: The reason for the peer; sent once, later calls do nothing.
    ///   - isWritten: Whether the close frame has already been written, after the last message.
    package mutating func close(_ reason: WebSocketCloseReason, isWritten: Bool = false) {
        guard isOpen else { return }
        phase = .closing
        actions.append(.stopSending)
        if isWritten { patience = 6 } else { writeClose(reason) }
        actions.append(.startTimer(configuration.closeTimeout))
    }

    /// Handles the end of the timer that was started last.
    package mutating func timerFired() {
        switch phase {
        case .open: beat()
        case .closing where !isWritable && patience > 0:
            // A slow reader has not received the last messages yet, and every watcher should receive the end.
            patience -= 1
            actions.append(.startTimer(configuration.closeTimeout))
        case .closing, .finishing: cut()
        case .closed: break
        }
    }

    /// Handles the end of the peer's output: no close frame can arrive any more.
    package mutating func inputClosed() {
        switch phase {
        case .open:
            phase = .finishing
            actions.append(.stopSending)
            writeClose(WebSocketCloseReason(.protocolError, "The stream ended without a close frame."))
            cut()
        case .closing, .finishing: cut()
        case .closed: break
        }
    }

    /// Handles the close of the channel.
    package mutating func channelClosed() {
        if isOpen { actions.append(.stopSending) }
        if case .closed = phase {} else { actions.append(.stopTimer) }
        phase = .closed
        tellClosed(.abnormal)
    }
}

extension WebSocketConnection {
    /// Returns the first action; releases the queue's memory with the last one, because most connections are silent.
    private mutating func takeAction() -> Action? {
        guard let action = actions.first else { return nil }
        if actions.count == 1 { actions = [] } else { actions.removeFirst() }
        return action
    }

    /// Reports the end once: the peer's close frame is decisive, whatever happens to the channel afterwards.
    mutating func tellClosed(_ reason: WebSocketCloseReason) {
        guard !hasToldClosed else { return }
        hasToldClosed = true
        actions.append(.closed(reason))
    }

    mutating func writeClose(_ reason: WebSocketCloseReason) {
        actions.append(.write(encoder.encode(.close, reason.payload)))
    }

    /// Fails the connection, RFC 6455 section 7.1.7: sends the reason, reads nothing more, and lets the peer close.
    mutating func fail(_ reason: WebSocketCloseReason) {
        let hasSentClose = !isOpen
        phase = .finishing
        if !hasSentClose {
            actions.append(.stopSending)
            writeClose(reason)
        }
        tellClosed(reason)
        // Closing both halves with unread bytes would reset the connection and lose this end's close frame.
        actions.append(.closeOutput)
        actions.append(.startTimer(configuration.closeTimeout))
    }

    mutating func cut() {
        phase = .closed
        actions.append(.stopTimer)
        tellClosed(.abnormal)
        actions.append(.closeChannel)
    }
}
