// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The last lines of an output, which explain why the command failed.
struct OutputTail: Sendable {
    /// The maximum number of lines.
    static let maximumLineCount = 10
    /// The maximum length of a line in characters.
    static let maximumLineLength = 300

    /// The lines, the oldest first.
    private(set) var lines: [String] = []
    private var isLastRedrawn = false

    /// Appends a line; a redrawn line replaces the redrawn line before it.
    mutating func append(_ line: OutputLine) {
        if line.isRedrawn, isLastRedrawn { lines.removeLast() }
        isLastRedrawn = line.isRedrawn
        lines.append(line.text.shortened(to: Self.maximumLineLength))
        if lines.count > Self.maximumLineCount { lines.removeFirst() }
    }
}
