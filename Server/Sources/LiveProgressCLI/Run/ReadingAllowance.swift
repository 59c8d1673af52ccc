// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The part of a command's output that is read for progress, so that a flood of output costs little.
///
/// Within each interval, everything is read up to ``limit`` bytes, and of each later chunk only its last lines. All bytes are
/// copied in any case; only their reading is left out.
struct ReadingAllowance: Sendable {
    static let interval = Duration.milliseconds(100)
    static let limit = 64 * 1024
    /// The number of bytes at the end of a chunk that are read beyond the limit.
    static let tail = 1024

    private var intervalStart = Duration.zero
    private var readCount = 0

    /// Returns the parts of a chunk to read, in order, and whether bytes before a part are left out.
    mutating func parts<Bytes: RandomAccessCollection<UInt8>>(
        of chunk: Bytes,
        at now: Duration
    ) -> [(bytes: Bytes.SubSequence, isAfterGap: Bool)] {
        if now - intervalStart >= Self.interval {
            intervalStart = now
            readCount = 0
        }
        let rest = Self.limit - readCount
        readCount += chunk.count
        if chunk.count <= rest { return [(chunk[...], false)] }
        // The parts begin and end at line feeds, so that no line is read in part.
        let first = chunk.prefix(max(rest, 0))
        let lines = first.lastIndex(of: Byte.lineFeed).map { first[...$0] } ?? first.prefix(0)
        let last = chunk.suffix(min(Self.tail, chunk.count - lines.count))
        guard let start = last.firstIndex(of: Byte.lineFeed) else { return [(lines, false)] }
        return [(lines, false), (last[start...], true)]
    }
}
