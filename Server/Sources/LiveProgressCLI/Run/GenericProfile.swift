// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Reads what most programs write: a percentage in a line drawn over and over, else the line itself as the step.
struct GenericProfile: OutputProfile {
    func read(_ line: OutputLine) -> LineReading? {
        guard let percent = PercentText(in: line.text) else {
            // A bar without a percentage: what stands after it tells how far it is.
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
        // In a line of its own a percentage is mostly something else (a full disk, a test's coverage), except where
        // it leads the line in brackets, as build tools write it: `[ 45%] Building`.
        guard before.trimmed == "[" else { return LineReading(step: line.text) }
        let after = line.text.drop { $0 != "]" }.dropFirst().trimmed
        return LineReading(step: after.isEmpty ? nil : String(after), percent: percent.value)
    }

    /// The words before a percentage, without the bar that may stand between, or `nil` where there are none.
    private static func step(_ text: String) -> String? {
        let words = text.prefix { !BarText.isDrawing($0) }.trimmed
        let cleaned = words.reversed().drop { ":-(…. ".contains($0) }.reversed()
        guard cleaned.count(where: \.isLetter) >= 2 else { return nil }
        return String(cleaned)
    }
}
