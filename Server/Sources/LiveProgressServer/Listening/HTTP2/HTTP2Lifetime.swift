// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The lifetime of an HTTP/2 connection as a state machine: events in, actions out, no I/O.
///
/// The connection shuts down in two steps (RFC 9113 section 6.8). First the server sends GOAWAY with the maximum stream
/// identifier and a PING, and still accepts streams that are in flight. After the PING acknowledgement, or after a timeout,
/// the server sends GOAWAY with the last stream, and closes the connection when all streams have ended.
struct HTTP2Lifetime {
    /// An action for the connection's handler.
    enum Action: Equatable {
        case none
        /// Cancel the timer for the first or the next stream.
        case stopWaiting
        /// Start the idle timer for the next stream.
        case wait
        /// Send GOAWAY with the maximum stream identifier, and a PING.
        case announce
        /// Send GOAWAY with the last stream.
        case dismiss(lastStream: Int)
        /// Send GOAWAY with the last stream, and close the connection.
        case dismissAndClose(lastStream: Int)
        /// Close the connection.
        case close
    }

    private enum Phase { case open, leaving, left }

    private var phase = Phase.open
    private var streams = 0
    private var lastStream = 0

    mutating func streamOpened(_ id: Int) -> Action {
        streams += 1
        lastStream = max(lastStream, id)
        return phase == .open ? .stopWaiting : .none
    }

    mutating func streamClosed() -> Action {
        streams = max(0, streams - 1)
        guard streams == 0 else { return .none }
        return switch phase {
        case .open: .wait
        case .leaving: .none
        case .left: .close
        }
    }

    /// Handles the timeout of an idle connection, or the shutdown of the server.
    mutating func beginShutdown() -> Action {
        guard phase == .open else { return .none }
        phase = .leaving
        return .announce
    }

    /// Handles the PING acknowledgement, or its timeout.
    mutating func heard() -> Action {
        guard phase == .leaving else { return .none }
        phase = .left
        return streams == 0 ? .dismissAndClose(lastStream: lastStream) : .dismiss(lastStream: lastStream)
    }
}
