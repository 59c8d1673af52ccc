// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The part of a command's output that is read for progress, so that a flood of output costs little.
///
/// Within each interval, the first bytes are read at once, up to ``limit``. Of all later bytes, only the last lines are read, at
/// the end of the interval. All bytes are copied in any case; only their reading is left out.
struct ReadingAllowance: Sendable {
    /// Bytes to read.
    struct Part: Sendable, Hashable {
        var bytes: [UInt8]
        /// Whether bytes before them are left out.
        var isAfterGap = false
        /// The last switch in the bytes that are left out: whether to the alternate screen; `nil` without one.
        var screen: Bool?
    }

    static let interval = Duration.milliseconds(100)
    /// The number of bytes that are read at once in an interval: some hundred lines, whose reading takes about a millisecond.
    static let limit = 16 * 1024
    /// The number of bytes that are kept for the end of an interval.
    static let tailLimit = 1024

    private var intervalStart = Duration.zero
    private var readCount = 0
    /// The last bytes beyond the limit; `nil` if the limit is not reached.
    private var tail: ArraySlice<UInt8>?
    private var skippedScreen: Bool?

    /// Whether ``takeTail(at:)`` returns bytes now or later.
    var isHolding: Bool { tail != nil }

    /// Adds a chunk; returns the parts to read now, in order.
    mutating func take(_ chunk: some RandomAccessCollection<UInt8>, at now: Duration) -> [Part] {
        var parts = takeTail(at: now).map { [$0] } ?? []
        if now - intervalStart >= Self.interval {
            intervalStart = now
            readCount = 0
        }
        if tail == nil, chunk.count <= Self.limit - readCount {
            readCount += chunk.count
            return parts + [Part(bytes: Array(chunk))]
        }
        var rest = chunk[...]
        if tail == nil {
            // The part ends at the end of a line, or before a drawing or a sequence, so that none is read in part.
            let first = rest.prefix(Self.limit - readCount)
            let lines =
                first.lastIndex(of: Byte.lineFeed).map { first[...$0] } ?? first.lastIndex(where: Self.isBegin)
                .map { first[..<$0] } ?? first
            parts.append(Part(bytes: Array(lines)))
            rest = rest.dropFirst(lines.count)
        }
        keepTail(of: rest)
        return parts
    }

    /// Keeps the last bytes, and notes the last switch of the screen in the bytes before them.
    private mutating func keepTail(of rest: some RandomAccessCollection<UInt8>) {
        let old = tail ?? []
        let skippedCount = old.count + rest.count - Self.tailLimit
        if skippedCount > 0 {
            // A sequence that is cut counts as left out.
            let count = skippedCount + ScreenSwitch.length - 1
            let beforeRest = (old + rest.prefix(ScreenSwitch.length - 1)).prefix(count)
            let ofRest = rest.prefix(max(count - old.count, 0))
            skippedScreen = ScreenSwitch.last(in: ofRest) ?? ScreenSwitch.last(in: beforeRest) ?? skippedScreen
        }
        tail = (old + rest.suffix(Self.tailLimit)).suffix(Self.tailLimit)
    }

    /// Returns the last lines of the interval when it is over, or of the whole output if no time is given.
    mutating func takeTail(at now: Duration? = nil) -> Part? {
        if let now, now - intervalStart < Self.interval { return nil }
        guard let held = tail else { return nil }
        defer { (tail, skippedScreen) = (nil, nil) }
        let bytes = held.firstIndex(where: Self.isBegin).map { Array(held[$0...]) } ?? []
        return Part(bytes: bytes, isAfterGap: true, screen: skippedScreen)
    }

    /// Returns whether a line, a drawing or a sequence may begin at or after a byte.
    private static func isBegin(_ byte: UInt8) -> Bool {
        byte == Byte.lineFeed || byte == Byte.carriageReturn || byte == Byte.escape
    }
}
