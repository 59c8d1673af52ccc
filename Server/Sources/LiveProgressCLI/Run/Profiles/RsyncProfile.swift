// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Parses the progress line of `rsync`: the transferred bytes before the percentage, and no total.
///
/// ```text
///      1,234,567  40%    1.20MB/s    0:00:01 (xfr#5, ir-chk=1204/2021)
/// ```
/// With `--progress` each file has its own percentage, and only the number of files that are left to check shows how far
/// `rsync` is. With `--info=progress2` the percentage is that of all files. The lines with names before the first percentage
/// tell the two apart, and the percentage at the end of the first file. A single name may be that of the only file.
struct RsyncProfile: OutputProfile {
    private enum Kind { case unknown, whole, perFile }

    private var kind = Kind.unknown
    private var nameCount = 0

    mutating func read(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        guard line.isRedrawn, scanner.size() != nil || scanner.integer() != nil else {
            // A folder has files.
            if !line.isRedrawn, !line.text.hasSuffix("file list") { nameCount += line.text.hasSuffix("/") ? 2 : 1 }
            return nil
        }
        let fields = line.text.split(separator: " ")
        guard fields.count >= 4, fields[2].hasSuffix("B/s"), fields[3].contains(":"),
            let percent = PercentText(in: fields[1])
        else { return nil }
        let left = Self.left(in: line.text)
        if kind == .unknown { kind = kind(percent: percent.value, hasLeft: left != nil) }
        let digits = fields[0].filter { $0 != "," && $0 != "." }
        switch kind {
        case .unknown where nameCount > 1: return LineReading()
        case .unknown, .whole: return LineReading(percent: percent.value, completedCount: Int64(digits))
        case .perFile:
            guard let left else { return LineReading() }
            return .counted((left.total - left.count, left.total), "files")
        }
    }

    private func kind(percent: Double, hasLeft: Bool) -> Kind {
        if nameCount == 0 { return .whole }
        return hasLeft ? percent < 100 ? .whole : .perFile : .unknown
    }

    /// Returns the number of files that are left, of a list that is complete.
    private static func left(in text: String) -> (count: Int64, total: Int64)? {
        var scanner = TextScanner(text)
        guard scanner.takeThrough("to-chk="), let pair = scanner.pair() else { return nil }
        return (pair.completed, pair.total)
    }
}
