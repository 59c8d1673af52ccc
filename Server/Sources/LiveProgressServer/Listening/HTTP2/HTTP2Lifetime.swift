// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// How long a connection of HTTP/2 lives, and how it ends: events in, actions out, no I/O.
///
/// It takes its leave in two steps (RFC 9113 section 6.8): first it says that it is going, and takes what is on its way;
/// when the client has heard that, or has had the time to, it says which stream was the last, and closes behind it.
struct HTTP2Lifetime {
    /// What to do.
    enum Action: Equatable {
        case none
        /// Wait no more for the first or the next stream.
        case stopWaiting
        /// Wait for the next stream as long as an idle connection may.
        case wait
        /// Say that no more streams are wanted, and ask the client whether it has heard.
        case announce
        /// Say which stream was the last.
        case dismiss(lastStream: Int)
        /// Say which stream was the last, and close.
        case dismissAndClose(lastStream: Int)
        /// Close.
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

    /// No stream has come in time, or the server goes away.
    mutating func leave() -> Action {
        guard phase == .open else { return .none }
        phase = .leaving
        return .announce
    }

    /// The client has heard that the connection is going, or should have.
    mutating func heard() -> Action {
        guard phase == .leaving else { return .none }
        phase = .left
        return streams == 0 ? .dismissAndClose(lastStream: lastStream) : .dismiss(lastStream: lastStream)
    }
}
