// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Finds the query of OSC 7501 in a program's output, and removes it: `run` answers it, so the terminal must not.
///
/// A sequence that a chunk cuts is held back until the next chunk.
struct QueryFilter: Sendable {
    /// The answer, which is the query's own bytes.
    static let answer = Array("\u{1B}]7501;?\u{1B}\\".utf8)
    private static let start = Array("\u{1B}]7501;?".utf8)

    private var held: [UInt8] = []

    /// Takes a chunk.
    ///
    /// - Returns: The bytes for the terminal, and the number of queries that were removed.
    mutating func take(_ chunk: some Collection<UInt8>) -> (bytes: [UInt8], queryCount: Int) {
        var bytes: [UInt8] = []
        var count = 0
        bytes.reserveCapacity(held.count + chunk.count)
        var rest = chunk[...]
        while let byte = rest.first {
            if held.isEmpty {
                let run = rest.prefix { $0 != Byte.escape }
                bytes += run
                rest = rest.dropFirst(run.count)
                if rest.isEmpty { break }
            }
            rest = rest.dropFirst()
            held.append(held.isEmpty ? Byte.escape : byte)
            if Self.isQuery(held) {
                held.removeAll()
                count += 1
            } else if !Self.canBecomeQuery(held) {
                // The last byte may begin another sequence.
                let isEscape = byte == Byte.escape && held.count > 1
                bytes += isEscape ? held.dropLast() : held[...]
                held = isEscape ? [byte] : []
            }
        }
        // An escape character alone is more likely a key of its own than the begin of a query.
        if held.count == 1 {
            bytes += held
            held = []
        }
        return (bytes, count)
    }

    /// Returns the bytes that are held back, at the end of the output.
    mutating func finish() -> [UInt8] {
        defer { held = [] }
        return held
    }

    private static func isQuery(_ bytes: [UInt8]) -> Bool {
        bytes == answer || bytes == start + [Byte.bell]
    }

    private static func canBecomeQuery(_ bytes: [UInt8]) -> Bool {
        answer.starts(with: bytes)
    }
}
