// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The last lines of an output, for those who ask why the command failed.
struct OutputTail: Sendable {
    /// How many lines are kept.
    static let maximumLineCount = 10
    /// The longest line kept, in characters.
    static let maximumLineLength = 300

    /// The lines, the oldest first.
    private(set) var lines: [String] = []
    private var isLastRedrawn = false

    /// Takes a line; one that was drawn over another takes its place.
    mutating func append(_ line: OutputLine) {
        if line.isRedrawn, isLastRedrawn { lines.removeLast() }
        isLastRedrawn = line.isRedrawn
        lines.append(line.text.shortened(to: Self.maximumLineLength))
        if lines.count > Self.maximumLineCount { lines.removeFirst() }
    }
}
