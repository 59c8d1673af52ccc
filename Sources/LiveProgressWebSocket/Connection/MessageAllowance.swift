// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore

/// A limit of what one end takes from the other.
public enum WebSocketLimit: Sendable, Hashable {
    /// The size of a message, or the number of its fragments.
    case messageSize
    /// How many messages come in a minute.
    case messageRate
    /// How long it takes nothing of what it is sent.
    case unreadTime
}

/// Counts what a peer sends, minute by minute: a pure value that is told the time.
///
/// A message counts once, however many fragments it has; their number is limited by itself.
struct MessageAllowance: Sendable {
    private let perMinute: Int?
    private var count = 0
    private var end = NIODeadline.uptimeNanoseconds(0)

    init(perMinute: Int?) {
        self.perMinute = perMinute
    }

    /// Takes note of a frame; gives whether the peer may send it.
    mutating func take(_ event: FrameEvent, now: NIODeadline) -> Bool {
        guard let perMinute else { return true }
        switch event {
        case .dataPiece: return true
        case .dataBegan(let header) where header.opcode == .continuation: return true
        // Whoever leaves is not held back.
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
