// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Logging
import NIOCore

/// Keeps a server listening when it cannot take a connection in, because it has no descriptors or no memory left.
///
/// It tries again after a pause: the connection that waits would otherwise wake the event loop without end. Those that
/// are there notice nothing.
final class AcceptErrorHandler: ChannelInboundHandler {
    typealias InboundIn = any Channel

    /// How long it takes nobody in after an error.
    static let pause = TimeAmount.milliseconds(100)
    /// How often at the most it says so.
    private static let logInterval = TimeAmount.seconds(10)

    private let logger: Logger
    private let onPause: @Sendable () -> Void
    private var isPausing = false
    private var silentUntil = NIODeadline.uptimeNanoseconds(0)

    /// A handler that tells of each pause as it begins.
    init(logger: Logger, onPause: @escaping @Sendable () -> Void = {}) {
        self.logger = logger
        self.onPause = onPause
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isPausing else { return }
        if context.eventLoop.now >= silentUntil {
            logger.warning("Connections cannot be taken in", metadata: ["error": "\(error)"])
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

    /// Without reading by itself, the channel does not even ask the system whether somebody waits.
    private func listen(_ listens: Bool, on channel: any Channel) {
        // A channel that has been closed meanwhile takes no options.
        try? channel.syncOptions?.setOption(.autoRead, value: listens)
    }
}
