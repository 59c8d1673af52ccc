// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

@testable import LiveProgressWebSocket

/// Sends each message back, and reads no further while its answers are not read.
final class EchoDelegate: WebSocketHandlerDelegate {
    private let channel: any Channel

    init(channel: any Channel) {
        self.channel = channel
    }

    func opened(_ handler: WebSocketHandler) {}

    func received(_ message: WebSocketMessage, on handler: WebSocketHandler) {
        handler.write(message)
    }

    func writabilityChanged(_ handler: WebSocketHandler) {
        setReading(handler.isWritable)
    }

    func stopSending(_ handler: WebSocketHandler) {
        // The peer's close frame must be seen, whether it reads our messages or not.
        setReading(true)
    }

    func closed(_ reason: WebSocketCloseReason, _ handler: WebSocketHandler) {}

    private func setReading(_ isReading: Bool) {
        // A channel that is closed takes no options, and needs none.
        try? channel.syncOptions?.setOption(.autoRead, value: isReading)
    }
}
