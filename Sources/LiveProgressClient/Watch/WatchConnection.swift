// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// What comes out of one connection of a watch.
enum WatchInput: Sendable, Hashable {
    /// The server sent an event.
    case event(ProgressEvent)
    /// The server closed the connection; 1006 where it broke without saying so. Nothing follows.
    case closed(code: UInt16, reason: String)
}

/// One connection of a watch; releasing it closes it.
protocol WatchConnection: AnyObject {
    /// Waits for the next thing that the server sends.
    ///
    /// Ends early with ``ProgressClientError/Code/cancelled`` where the calling task is cancelled.
    func next(isolation actor: isolated (any Actor)?) async throws(ProgressClientError) -> WatchInput
}

/// Makes the connections of a watch.
protocol WatchConnector: Sendable {
    /// Connects, and asks for what follows the cursor.
    func connect(from cursor: ProgressCursor?) async throws(ProgressClientError) -> sending any WatchConnection
}
