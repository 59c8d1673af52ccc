// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The label and the counts that a line shows beside the percentage of its bar.
struct BarText: Sendable, Hashable {
    /// The words before the percentage, without figures and drawings; constant for one bar.
    var label: String
    /// The count and the total after the percentage, such as 20 and 200 in `10%|█  | 20/200`.
    ///
    /// Counts before the percentage are ignored, because programs write the number of the bar there.
    var completedCount: Int64?
    var totalCount: Int64?
}

extension BarText {
    /// Parses a line.
    ///
    /// - Parameters:
    ///   - text: The line.
    ///   - percent: The percentage in the line.
    init(_ text: String, percent: PercentText) {
        label = String(decoding: text.utf8.prefix(percent.offset), as: UTF8.self)
            .split { $0.isWhitespace || Self.isDrawing($0) }
            .map { $0.trimmed { !$0.isLetter && !$0.isNumber } }
            .filter { !$0.isEmpty && !Self.isFigure($0) }
            .joined(separator: " ")
        let counts = Self.counts(text.utf8.dropFirst(percent.offset), percent: percent.value)
        completedCount = counts?.completed
        totalCount = counts?.total
    }

    /// Returns whether the character is part of a bar's drawing.
    static func isDrawing(_ character: Character) -> Bool {
        if "[|#=>{<".contains(character) { return true }
        guard let scalar = character.unicodeScalars.first else { return false }
        // Box drawing, block elements, geometric shapes, braille (spinners).
        return (0x2500...0x25FF).contains(scalar.value) || (0x2800...0x28FF).contains(scalar.value)
    }

    private static let units: Set = [
        "k", "m", "g", "t", "b", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib", "bytes", "d", "h", "s", "ms",
    ]

    /// Returns whether the word is an amount, a rate or a time (`8.00MiB/s`, `4m51s`), not a name such as `3f4a`, `1.iso`.
    private static func isFigure(_ word: Substring) -> Bool {
        word.first?.isNumber == true
            && word.split { !$0.isLetter }.allSatisfy { units.contains($0.lowercased()) }
    }

    /// Returns the first pair of counts that matches the percentage; other pairs are rates, dates or unrelated counts.
    private static func counts(_ text: Substring.UTF8View, percent: Double) -> (completed: Int64, total: Int64)? {
        for word in text.split(whereSeparator: { !(0x2F...0x39).contains($0) }) {
            let numbers = word.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
                .map { Int64(String(decoding: $0, as: UTF8.self)) }
            guard numbers.count == 2, let completed = numbers[0], let total = numbers[1], total >= completed, total > 0
            else { continue }
            if abs(100 * Double(completed) / Double(total) - percent) <= 1 { return (completed, total) }
        }
        return nil
    }
}
