// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

@testable import LiveProgressWebSocket

/// Sends each message back, and stops reading while the peer does not read the messages.
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
        // The peer's close frame must be read, even if the peer does not read our messages.
        setReading(true)
    }

    func closed(_ reason: WebSocketCloseReason, _ handler: WebSocketHandler) {}

    private func setReading(_ isReading: Bool) {
        // A closed channel accepts no options, and needs none.
        try? channel.syncOptions?.setOption(.autoRead, value: isReading)
    }
}
