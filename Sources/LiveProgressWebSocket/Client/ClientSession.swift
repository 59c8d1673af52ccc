// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore

typealias ClientMessageProducer = NIOAsyncSequenceProducer<
    WebSocketMessage, NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark, ClientBackPressure
>

/// Delivers a client connection's messages to its reader; belongs to the event loop.
final class ClientSession: WebSocketHandlerDelegate {
    let messages: ClientMessageProducer
    let closed: EventLoopFuture<WebSocketCloseReason>

    private let channel: any Channel
    private let source: ClientMessageProducer.Source
    private let closedPromise: EventLoopPromise<WebSocketCloseReason>

    init(channel: any Channel) {
        let new = NIOAsyncSequenceProducer.makeSequence(
            elementType: WebSocketMessage.self,
            backPressureStrategy: NIOAsyncSequenceProducerBackPressureStrategies.HighLowWatermark(
                lowWatermark: 16,
                highWatermark: 64
            ),
            finishOnDeinit: true,
            delegate: ClientBackPressure(channel: channel)
        )
        self.channel = channel
        self.source = new.source
        self.messages = new.sequence
        self.closedPromise = channel.eventLoop.makePromise()
        self.closed = closedPromise.futureResult
    }

    func opened(_ handler: WebSocketHandler) {}

    func received(_ message: WebSocketMessage, on handler: WebSocketHandler) {
        guard case .stopProducing = source.yield(message) else { return }
        ClientBackPressure.setReading(false, on: channel)
    }

    func writabilityChanged(_ handler: WebSocketHandler) {}

    func stopSending(_ handler: WebSocketHandler) {
        // A client that closes must see the peer's close frame, even if the reader has stopped.
        ClientBackPressure.setReading(true, on: channel)
    }

    func closed(_ reason: WebSocketCloseReason, _ handler: WebSocketHandler) {
        closedPromise.succeed(reason)
        source.finish()
    }
}

/// Reads from the channel only while the reader keeps up, and closes the connection when the reader stops.
final class ClientBackPressure: NIOAsyncSequenceProducerDelegate {
    private let channel: any Channel

    init(channel: any Channel) {
        self.channel = channel
    }

    func produceMore() {
        channel.eventLoop.execute { [channel] in Self.setReading(true, on: channel) }
    }

    func didTerminate() {
        channel.eventLoop.execute { [channel] in
            let handler = try? channel.pipeline.syncOperations.handler(type: WebSocketHandler.self)
            handler?.close(WebSocketCloseReason(.ended, ""))
        }
    }

    static func setReading(_ isReading: Bool, on channel: any Channel) {
        // A closed channel refuses options, and needs none.
        try? channel.syncOptions?.setOption(.autoRead, value: isReading)
    }
}
