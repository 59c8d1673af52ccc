// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Parses amounts of bytes, with or without a total, as of `pip`, `uv`, `dd`, `pv`, `wget` and `zstd`.
///
/// ```text
/// ━━━━━━━━━━━━━━━━━╸━━━━━━━━━━━ 10.2/16.9 MB 5.1 MB/s eta 0:00:02
/// Progress 262144 of 12356904
/// 3211264 bytes (3.2 MB, 3.1 MiB) copied, 1 s, 3.2 MB/s
/// 4.00MiB 0:00:02 [2.01MiB/s] [ <=>         ]
/// nolen.bin               [   <=>              ] 380.00K   613KB/s
/// Compress: 1/2 files. Current: text.txt Read:   512 KiB /  15.3 MiB ==> 41%
/// ```
struct TransferProfile: OutputProfile {
    func read(_ line: OutputLine) -> LineReading? {
        raw(line) ?? copied(line) ?? zstd(line) ?? unknownLength(line) ?? bar(line)
    }

    /// `pip --progress-bar raw`.
    private func raw(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        guard scanner.take("Progress "), let done = scanner.integer(), scanner.take(" of "),
            let total = scanner.integer(),
            scanner.isAtEnd, total > 0, done <= total
        else { return nil }
        return .counted((done, total), "bytes")
    }

    /// `dd status=progress`.
    private func copied(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        guard let done = scanner.integer(), scanner.take(" bytes"), scanner.takeThrough(" copied, ") else { return nil }
        return LineReading(step: "Copying", completedCount: done, unit: "bytes")
    }

    /// The percentage of `zstd` is a ratio.
    private func zstd(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        if line.text.hasSuffix(")"), scanner.takeThrough("%   ("), scanner.takeThrough(" => ") {
            return LineReading(step: line.text)
        }
        scanner = TextScanner(line.text)
        guard line.isRedrawn, scanner.takeThrough("Read:") else { return nil }
        scanner.skipSpaces()
        guard let done = scanner.size() else { return nil }
        scanner.skipSpaces()
        guard scanner.take("/") else {
            return LineReading(step: "Compressing", completedCount: done.bytes, unit: "bytes")
        }
        scanner.skipSpaces()
        guard let total = scanner.size(), total.bytes > 0 else { return nil }
        return .counted((min(done.bytes, total.bytes), total.bytes), "bytes", step: "Compressing")
    }

    /// `pv` and `wget` draw `<=>` in a bar of an unknown length.
    private func unknownLength(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        guard line.isRedrawn, scanner.takeThrough("<=>") else { return nil }
        var start = TextScanner(line.text)
        if let done = start.size(), start.take(" ") {
            return LineReading(completedCount: done.bytes, unit: "bytes")
        }
        guard scanner.takeThrough("]") else { return LineReading() }
        scanner.skipSpaces()
        guard let done = scanner.size() else { return LineReading() }
        return LineReading(completedCount: done.bytes, unit: "bytes")
    }

    /// A bar of `pip` or of a program with `rich`: two amounts, the unit behind the second one, and then a rate.
    private func bar(_ line: OutputLine) -> LineReading? {
        guard line.isRedrawn, let last = line.text.lastIndex(where: { $0 == "━" || $0 == "╸" || $0 == "╺" }) else {
            return nil
        }
        var scanner = TextScanner(line.text[line.text.index(after: last)...])
        scanner.skipSpaces()
        var counts = scanner
        if let pair = counts.pair(), counts.isAtEnd || counts.take(" [") {
            let name = counts.text.prefix { $0 != "]" }
            return .counted(pair, "packages", step: name.isEmpty ? nil : String(name), label: "packages")
        }
        guard let done = scanner.decimal(), scanner.take("/"), let total = scanner.size(), total.bytes > 0 else {
            return nil
        }
        let scale = Double(total.bytes) / (Self.number(before: total.unit, in: line.text) ?? .infinity)
        let bytes = Int64(min(done * scale, Double(total.bytes)))
        return .counted((bytes, total.bytes), "bytes", label: "\(total.bytes)")
    }

    /// Returns the number of the amount that has a unit.
    private static func number(before unit: Substring, in text: String) -> Double? {
        var scanner = TextScanner(text)
        guard scanner.takeThrough("/") else { return nil }
        return scanner.decimal()
    }
}
