// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// What a line says of its bar beside the percentage.
struct BarText: Sendable, Hashable {
    /// The words before the percentage, without figures and drawings: one bar bears the same as long as it is drawn.
    var label: String
    /// What is done, of what, such as `20/200` in `10%|█  | 20/200`; before a percentage it says which bar of several.
    var completedCount: Int64?
    var totalCount: Int64?
}

extension BarText {
    /// Reads a line.
    ///
    /// - Parameters:
    ///   - text: The line.
    ///   - percent: The percentage in it.
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

    /// Whether the character is a part of a bar.
    static func isDrawing(_ character: Character) -> Bool {
        if "[|#=>{<".contains(character) { return true }
        guard let scalar = character.unicodeScalars.first else { return false }
        // Box drawing, block elements, geometric shapes, braille (spinners).
        return (0x2500...0x25FF).contains(scalar.value) || (0x2800...0x28FF).contains(scalar.value)
    }

    private static let units: Set = [
        "k", "m", "g", "t", "b", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib", "bytes", "d", "h", "s", "ms",
    ]

    /// Whether the word is an amount, a rate or a time (`8.00MiB/s`, `4m51s`), and no name such as `3f4a` or `1.iso`.
    private static func isFigure(_ word: Substring) -> Bool {
        word.first?.isNumber == true
            && word.split { !$0.isLetter }.allSatisfy { units.contains($0.lowercased()) }
    }

    /// The first pair of counts that says the same as the percentage; others are rates, dates, or of something else.
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
