// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Parses the output of most programs: the percentage of a redrawn line, or else the line itself as the step.
struct GenericProfile: OutputProfile {
    func read(_ line: OutputLine) -> LineReading? {
        guard let percent = PercentText(in: line.text) else {
            // A bar without a percentage: the text after the bar describes the progress.
            let words = line.isRedrawn ? line.text.drop { BarText.isDrawing($0) || $0 == " " } : line.text[...]
            return LineReading(step: words.isEmpty ? nil : String(words))
        }
        let before = String(decoding: line.text.utf8.prefix(percent.offset), as: UTF8.self)
        if line.isRedrawn {
            let bar = BarText(line.text, percent: percent)
            return LineReading(
                step: Self.step(before),
                label: bar.label,
                percent: percent.value,
                completedCount: bar.completedCount,
                totalCount: bar.totalCount
            )
        }
        // In a line that is not redrawn, a percentage is usually not progress (a full disk, a test's coverage). The
        // exception is a percentage in brackets at the start, as build tools write: `[ 45%] Building`.
        guard before.trimmed == "[" else { return LineReading(step: line.text) }
        let after = line.text.drop { $0 != "]" }.dropFirst().trimmed
        return LineReading(step: after.isEmpty ? nil : String(after), percent: percent.value)
    }

    /// Returns the words before a percentage, without a bar in between, or `nil` without words.
    private static func step(_ text: String) -> String? {
        let words = text.prefix { !BarText.isDrawing($0) }.trimmed
        let cleaned = words.reversed().drop { ":-(…. ".contains($0) }.reversed()
        guard cleaned.count(where: \.isLetter) >= 2 else { return nil }
        return String(cleaned)
    }
}
