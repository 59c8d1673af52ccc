// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The last lines of an output, which explain why the command failed.
struct OutputTail: Sendable {
    /// The maximum number of lines in the error of a command.
    static let errorLineCount = 10
    /// The maximum number of lines.
    let maximumLineCount: Int
    /// The maximum length of a line in characters.
    static let maximumLineLength = 300

    /// The lines, the oldest first.
    private(set) var lines: [String] = []
    private var isLastRedrawn = false

    init(maximumLineCount: Int = errorLineCount) { self.maximumLineCount = maximumLineCount }

    /// Appends a line; a redrawn line replaces the redrawn line before it.
    mutating func append(_ line: OutputLine) {
        guard maximumLineCount > 0 else { return }
        if line.isRedrawn, isLastRedrawn { lines.removeLast() }
        isLastRedrawn = line.isRedrawn
        lines.append(line.text.shortened(to: Self.maximumLineLength))
        if lines.count > maximumLineCount { lines.removeFirst() }
    }
}
