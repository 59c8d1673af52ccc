// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import NIOCore

/// One end of a connection as a pure state machine: events go in, actions come out of ``next()``.
///
/// Call an event's method, then perform what ``next()`` gives until it gives `nil`.
public struct WebSocketConnection: Sendable {
    /// What the one who drives the machine has to do.
    public enum Action: Sendable, Hashable {
        /// Write the bytes and flush.
        case write(ByteBuffer)
        /// Hand a message to the application.
        case deliver(WebSocketMessage)
        /// Send no more messages: the close handshake has begun.
        case stopSending
        /// Start the connection's one timer, in place of a running one.
        case startTimer(Duration)
        /// Stop the timer.
        case stopTimer
        /// Close the sending half of the channel once all is written.
        case closeOutput
        /// Close the channel.
        case closeChannel
        /// The connection is over as far as the application is concerned: how it ended.
        case closed(WebSocketCloseReason)
    }

    enum Phase: Sendable {
        /// Messages flow.
        case open
        /// We sent a close frame and wait for the peer's.
        case closing
        /// Nothing will be read or sent any more; we wait for the peer to close the channel.
        case finishing
        case closed
    }

    enum Pulse: Sendable {
        case quiet
        case awaitingPong(isExtended: Bool)
        case answered
    }

    // What is large stands first, so that little is lost between: a server has as many of these as it has watchers.
    private let settings: SharedConfiguration
    var decoder: FrameDecoder
    var assembler: MessageAssembler
    var allowance = MessageAllowance()
    var now = NIODeadline.uptimeNanoseconds(0)
    private var deflation: Boxed<MessageDeflation>
    var pingCount: UInt64 = 0
    /// The latest ping not answered yet because the peer does not read; section 5.5.3 lets us forget the earlier ones.
    var owedPong = Boxed<ByteBuffer>()
    var actions: [Action] = []
    let role: WebSocketRole
    let encoder: FrameEncoder
    var phase = Phase.open
    var pulse = Pulse.quiet
    var isWritable = true
    var hasToldClosed = false
    /// How many more times a peer that still has to read what stands before our close frame gets the close timeout.
    private var patience: UInt8 = 0
    /// The limit for which the connection failed, if it did.
    private(set) var exceededLimit: WebSocketLimit?

    /// A connection whose handshake has just been completed.
    /// - Parameters:
    ///   - role: Which end this is.
    ///   - configuration: How it behaves.
    ///   - compression: The compression agreed on; `nil` for none.
    public init(
        role: WebSocketRole,
        configuration: WebSocketConfiguration = WebSocketConfiguration(),
        compression: WebSocketCompression? = nil
    ) {
        self.init(role: role, settings: SharedConfiguration(configuration), compression: compression)
    }

    /// A connection that shares its configuration with others.
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
    public var isOpen: Bool { if case .open = phase { true } else { false } }

    /// The next thing to do, or `nil` until the next event.
    public mutating func next() -> Action? {
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

    /// A message as this end sends it: one frame, compressed where that is agreed on.
    ///
    /// Send what it gives in the order of the calls: a compressed message may refer to those before it.
    /// - Parameter message: The message.
    /// - Returns: The bytes for the wire.
    public mutating func encode(_ message: WebSocketMessage) -> ByteBuffer {
        let opcode: FrameOpcode = message.isText ? .text : .binary
        if let compressed = deflation.value?.compress(message.payload) {
            return encoder.encode(opcode, compressed, isCompressed: true)
        }
        return encoder.encode(opcode, message.payload)
    }

    /// The channel is open: the heartbeat begins.
    public mutating func opened() {
        if let heartbeat = configuration.heartbeat { actions.append(.startTimer(heartbeat.interval)) }
    }

    /// Bytes came.
    /// - Parameters:
    ///   - bytes: What was read.
    ///   - now: When it was; read only where messages are counted.
    public mutating func received(_ bytes: ByteBuffer, now: NIODeadline = .uptimeNanoseconds(0)) {
        self.now = now
        switch phase {
        case .open, .closing: decoder.append(bytes)
        case .finishing, .closed: break
        }
    }

    /// The peer reads, or stopped reading: while it does not, no ping or pong is queued for it.
    /// - Parameter isWritable: Whether the channel takes bytes.
    public mutating func writabilityChanged(_ isWritable: Bool) {
        self.isWritable = isWritable
        guard isWritable, isOpen, let pong = owedPong.value else { return }
        owedPong.value = nil
        actions.append(.write(encoder.encode(.pong, pong)))
    }

    /// The application wants to close.
    /// - Parameters:
    ///   - reason: What the peer is told; sent once, later calls do nothing.
    ///   - isWritten: Whether the close frame was written already, behind the last message.
    public mutating func close(_ reason: WebSocketCloseReason, isWritten: Bool = false) {
        guard isOpen else { return }
        phase = .closing
        actions.append(.stopSending)
        if isWritten { patience = 6 } else { writeClose(reason) }
        actions.append(.startTimer(configuration.closeTimeout))
    }

    /// The timer that was started last has run out.
    public mutating func timerFired() {
        switch phase {
        case .open: beat()
        case .closing where !isWritable && patience > 0:
            // The last messages are still on their way to a slow reader, and the end should reach everyone.
            patience -= 1
            actions.append(.startTimer(configuration.closeTimeout))
        case .closing, .finishing: cut()
        case .closed: break
        }
    }

    /// The peer closed its sending half: no close frame can come any more.
    public mutating func inputClosed() {
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

    /// The channel is closed.
    public mutating func channelClosed() {
        if isOpen { actions.append(.stopSending) }
        if case .closed = phase {} else { actions.append(.stopTimer) }
        phase = .closed
        tellClosed(.abnormal)
    }
}

extension WebSocketConnection {
    /// The first of what is to be done; the last one takes the queue's memory with it, since most connections are silent.
    private mutating func takeAction() -> Action? {
        guard let action = actions.first else { return nil }
        if actions.count == 1 { actions = [] } else { actions.removeFirst() }
        return action
    }

    /// What is said first stays: a peer's close frame is the truth, whatever happens to the channel afterwards.
    mutating func tellClosed(_ reason: WebSocketCloseReason) {
        guard !hasToldClosed else { return }
        hasToldClosed = true
        actions.append(.closed(reason))
    }

    mutating func writeClose(_ reason: WebSocketCloseReason) {
        actions.append(.write(encoder.encode(.close, reason.payload)))
    }

    /// Fails the connection, RFC 6455 section 7.1.7: says why, reads nothing more, and lets the peer close.
    mutating func fail(_ reason: WebSocketCloseReason) {
        let hasSentClose = !isOpen
        phase = .finishing
        if !hasSentClose {
            actions.append(.stopSending)
            writeClose(reason)
        }
        tellClosed(reason)
        // Closing both halves while bytes lie unread would reset the connection and lose our close frame.
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
