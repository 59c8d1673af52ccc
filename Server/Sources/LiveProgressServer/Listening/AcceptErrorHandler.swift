// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Logging
import NIOCore

/// Keeps a server listening after `accept` fails because the process has no file descriptor or no memory left.
///
/// The handler pauses accepting, then tries again. Without the pause, the pending connection would wake the event loop
/// without end. Open connections are not affected.
final class AcceptErrorHandler: ChannelInboundHandler {
    typealias InboundIn = any Channel

    /// The time without accepting connections after an error.
    static let pause = TimeAmount.milliseconds(100)
    /// The shortest time between two log messages about such errors.
    private static let logInterval = TimeAmount.seconds(10)

    private let logger: Logger
    private let onPause: @Sendable () -> Void
    private var isPausing = false
    private var silentUntil = NIODeadline.uptimeNanoseconds(0)

    /// Creates a handler that calls `onPause` when a pause begins.
    init(logger: Logger, onPause: @escaping @Sendable () -> Void = {}) {
        self.logger = logger
        self.onPause = onPause
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isPausing else { return }
        if context.eventLoop.now >= silentUntil {
            logger.warning("Connections cannot be accepted", metadata: ["error": "\(error)"])
            silentUntil = context.eventLoop.now + Self.logInterval
        }
        isPausing = true
        onPause()
        listen(false, on: context.channel)
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.pause) {
            self.isPausing = false
            self.listen(true, on: context.channel)
        }
    }

    /// Starts or stops accepting: without `autoRead`, the channel does not poll the listening socket.
    private func listen(_ listens: Bool, on channel: any Channel) {
        // Setting an option fails if the channel has closed meanwhile.
        try? channel.syncOptions?.setOption(.autoRead, value: listens)
    }
}
