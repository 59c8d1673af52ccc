// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The input from one connection of a watch.
enum WatchInput: Sendable, Hashable {
    /// The server sent an event.
    case event(ProgressEvent)
    /// The connection was closed, and no input follows; the code 1006 means that it broke without a close frame.
    case closed(code: UInt16, reason: String)
}

/// One connection of a watch; releasing the object closes the connection.
protocol WatchConnection: AnyObject {
    /// Returns the next input from the server, after a wait if necessary.
    ///
    /// Throws ``ProgressClientError/Code/cancelled`` if the calling task is cancelled.
    func next(isolation actor: isolated (any Actor)?) async throws(ProgressClientError) -> WatchInput
}

/// A factory for the connections of a watch.
protocol WatchConnector: Sendable {
    /// Connects, and asks for the revisions after the cursor.
    func connect(from cursor: ProgressCursor?) async throws(ProgressClientError) -> sending any WatchConnection
}
