// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import NIOCore

/// The events of a connection's handler, reported on the connection's event loop.
package protocol WebSocketHandlerDelegate: AnyObject {
    /// Messages may be sent.
    func opened(_ handler: WebSocketHandler)
    /// The peer sent a message.
    func received(_ message: WebSocketMessage, on handler: WebSocketHandler)
    /// The channel takes bytes again, or no longer.
    func writabilityChanged(_ handler: WebSocketHandler)
    /// Bytes are about to be written through the channel.
    func willWrite(_ handler: WebSocketHandler)
    /// No more messages may be sent; called once, also when the channel breaks.
    func stopSending(_ handler: WebSocketHandler)
    /// The connection has ended; called once, as the last event.
    func closed(_ reason: WebSocketCloseReason, _ handler: WebSocketHandler)
}

extension WebSocketHandlerDelegate {
    package func willWrite(_ handler: WebSocketHandler) {}
}

/// The only handler in the pipeline of an upgraded connection: bytes in, bytes out.
///
/// It drives a ``WebSocketConnection``. Belongs to the channel's event loop.
package final class WebSocketHandler: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer

    package var timerPlace = LoopTimerPlace()
    private let timers: LoopTimers
    private var machine: WebSocketConnection
    private var delegate: (any WebSocketHandlerDelegate)?
    private var context: ChannelHandlerContext?
    private var isPerforming = false
    private var hasEnded = false
    /// The number of pending blocking writes, during which the connection is not writable.
    private var blockingWrites = 0
    /// Whether the connection takes bytes; bytes that are written regardless are queued in memory.
    package private(set) var isWritable = true

    package init(
        machine: WebSocketConnection,
        timers: LoopTimers,
        delegate: any WebSocketHandlerDelegate
    ) {
        self.machine = machine
        self.timers = timers
        self.delegate = delegate
    }

    /// The limit that the peer exceeded, if it closed the connection.
    package var exceededLimit: WebSocketLimit? { machine.exceededLimit }

    /// Whether messages may be sent.
    package var isOpen: Bool { context != nil && machine.isOpen }

    /// The connection's channel, while the handler is in its pipeline.
    package var channel: (any Channel)? { context?.channel }

    /// Writes encoded frames.
    package func write(frames: ByteBuffer, promise: EventLoopPromise<Void>? = nil) {
        guard isOpen, let context else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        delegate?.willWrite(self)
        context.writeAndFlush(Self.wrapOutboundOut(frames), promise: promise)
    }

    /// Encodes and writes a message for this connection alone.
    package func write(_ message: WebSocketMessage, promise: EventLoopPromise<Void>? = nil) {
        write(frames: machine.encode(message), promise: promise)
    }

    /// Writes frames; the connection is not writable until the channel has written them.
    package func writeBlocking(frames: ByteBuffer) {
        guard isOpen, let context else { return }
        blockingWrites += 1
        updateWritability()
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { _ in
            self.blockingWrites -= 1
            self.updateWritability()
        }
        write(frames: frames, promise: written)
    }

    /// Closes the channel immediately, because the connection is broken.
    package func abort() {
        context?.close(promise: nil)
    }

    /// Begins to close; `isWritten` means that the last written frames ended with the close frame.
    package func close(_ reason: WebSocketCloseReason, isWritten: Bool = false) {
        machine.close(reason, isWritten: isWritten)
        perform()
    }

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        isWritable = context.channel.isWritable
        if context.channel.isActive { open() }
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }

    package func channelActive(context: ChannelHandlerContext) {
        open()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        end()
        context.fireChannelInactive()
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        machine.received(Self.unwrapInboundIn(data), now: context.eventLoop.now)
        perform()
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        updateWritability()
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed:
            machine.inputClosed()
            perform()
        case is ChannelShouldQuiesceEvent:
            close(WebSocketCloseReason(.goingAway))
        default:
            context.fireUserInboundEventTriggered(event)
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // After any error, the byte stream cannot be trusted any more; `channelInactive` reports the end.
        context.close(promise: nil)
    }
}

extension WebSocketHandler: LoopTimed {
    package func timerFired() {
        machine.timerFired()
        perform()
    }
}

extension WebSocketHandler {
    private func updateWritability() {
        guard let context else { return }
        let takesBytes = context.channel.isWritable && blockingWrites == 0
        guard takesBytes != isWritable else { return }
        isWritable = takesBytes
        machine.writabilityChanged(takesBytes)
        perform()
        if machine.isOpen { delegate?.writabilityChanged(self) }
    }

    private func open() {
        machine.opened()
        perform()
        delegate?.opened(self)
    }

    private func end() {
        hasEnded = true
        machine.channelClosed()
        perform()
    }

    /// Performs all actions of the machine; an event during an action adds its own actions to the queue.
    private func perform() {
        guard !isPerforming else { return }
        isPerforming = true
        while let action = machine.next() { perform(action) }
        isPerforming = false
        if hasEnded {
            timers.stop(self)
            delegate = nil
        }
    }

    private func perform(_ action: WebSocketConnection.Action) {
        switch action {
        case .write(let bytes):
            delegate?.willWrite(self)
            context?.writeAndFlush(Self.wrapOutboundOut(bytes), promise: nil)
        case .deliver(let message): delegate?.received(message, on: self)
        case .stopSending: delegate?.stopSending(self)
        case .startTimer(let time): timers.start(self, after: TimeAmount(time))
        case .stopTimer: timers.stop(self)
        case .closeOutput: closeOutput()
        case .closeChannel: context?.close(promise: nil)
        case .closed(let reason): delegate?.closed(reason, self)
        }
    }

    private func closeOutput() {
        guard let context else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenFailure { _ in
            // The transport has no half-close (older TLS, for example): the peer receives only the close frame.
            self.context?.close(promise: nil)
        }
        context.close(mode: .output, promise: promise)
    }
}
