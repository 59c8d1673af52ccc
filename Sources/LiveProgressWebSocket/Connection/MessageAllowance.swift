// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore

/// A limit on the peer of a connection.
package enum WebSocketLimit: Sendable, Hashable {
    /// The size of a message, or the number of its fragments.
    case messageSize
    /// The number of messages per minute.
    case messageRate
    /// The time in which the peer reads nothing.
    case unreadTime
}

/// Counts the messages of a peer minute by minute: a pure value that receives the time as an argument.
///
/// A message counts once, however many fragments it has; another limit bounds the fragments.
struct MessageAllowance: Sendable {
    private var count = 0
    private var end = NIODeadline.uptimeNanoseconds(0)

    /// Counts a frame; returns whether the peer may send it.
    mutating func take(_ event: FrameEvent, perMinute: Int?, now: NIODeadline) -> Bool {
        guard let perMinute else { return true }
        switch event {
        case .dataPiece: return true
        case .dataBegan(let header) where header.opcode == .continuation: return true
        // A peer may always close.
        case .control(.close, _): return true
        case .dataBegan, .control: break
        }
        if now >= end {
            end = now + .minutes(1)
            count = 0
        }
        count += 1
        return count <= perMinute
    }
}
