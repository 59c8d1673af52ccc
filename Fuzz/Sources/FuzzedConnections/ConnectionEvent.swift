// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// What happens to a connection.
public enum ConnectionEvent: Equatable {
    /// The client sends bytes.
    case bytes([UInt8])
    /// The client says that it sends no more.
    case inputClosed
    /// The worker of the operation `live` reports.
    case report
    /// The worker of the operation `live` ends it.
    case end
    /// Whoever had to think about an upgrade has decided.
    case decision
    /// Seconds pass.
    case time(Int64)
    /// The server goes away, and tells its clients.
    case goingAway
}

extension ConnectionEvent: CustomStringConvertible {
    /// The bytes as the text that most of them are.
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
    /// The client sends bytes; what it sends without a pause is one piece.
    public mutating func say(_ bytes: [UInt8]) {
        if case .bytes(let before) = last {
            self[count - 1] = .bytes(before + bytes)
        } else if !bytes.isEmpty {
            append(.bytes(bytes))
        }
    }

    /// The same with the client's bytes in pieces.
    public func cut(_ pieces: ([UInt8]) -> [ArraySlice<UInt8>]) -> [ConnectionEvent] {
        flatMap { event -> [ConnectionEvent] in
            guard case .bytes(let bytes) = event else { return [event] }
            return pieces(bytes).map { .bytes([UInt8]($0)) }
        }
    }

    /// The same with the client's first byte before the rest, so that no request comes whole.
    public var withFirstByteAlone: [ConnectionEvent] {
        var isFirst = true
        return cut { bytes in
            defer { isFirst = false }
            return isFirst && bytes.count > 1 ? [bytes[..<1], bytes[1...]] : [bytes[...]]
        }
    }
}
