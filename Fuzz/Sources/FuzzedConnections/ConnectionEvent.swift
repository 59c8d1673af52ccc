// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// An event on a connection.
public enum ConnectionEvent: Equatable {
    /// The client sends bytes.
    case bytes([UInt8])
    /// The client ends its output.
    case inputClosed
    /// The worker of the operation `live` reports.
    case report
    /// The worker of the operation `live` ends it.
    case end
    /// The pending decisions about upgrades are made.
    case decision
    /// The given number of seconds passes.
    case time(Int64)
    /// The server shuts down, and tells its clients.
    case goingAway
}

extension ConnectionEvent: CustomStringConvertible {
    /// The event as text; bytes are shown as UTF-8.
    public var description: String {
        switch self {
        case .bytes(let bytes): String(reflecting: String(decoding: bytes, as: UTF8.self))
        case .inputClosed: "the client sends no more"
        case .report: "a report"
        case .end: "the end"
        case .decision: "a decision"
        case .time(let seconds): "\(seconds) seconds"
        case .goingAway: "the server goes away"
        }
    }
}

extension [ConnectionEvent] {
    /// Adds bytes that the client sends; merges them with the preceding bytes.
    public mutating func say(_ bytes: [UInt8]) {
        if case .bytes(let before) = last {
            self[count - 1] = .bytes(before + bytes)
        } else if !bytes.isEmpty {
            append(.bytes(bytes))
        }
    }

    /// Returns the events with the client's bytes split.
    public func cut(_ pieces: ([UInt8]) -> [ArraySlice<UInt8>]) -> [ConnectionEvent] {
        flatMap { event -> [ConnectionEvent] in
            guard case .bytes(let bytes) = event else { return [event] }
            return pieces(bytes).map { .bytes([UInt8]($0)) }
        }
    }

    /// The events with the client's first byte alone, so that no request arrives whole.
    public var withFirstByteAlone: [ConnectionEvent] {
        var isFirst = true
        return cut { bytes in
            defer { isFirst = false }
            return isFirst && bytes.count > 1 ? [bytes[..<1], bytes[1...]] : [bytes[...]]
        }
    }
}
