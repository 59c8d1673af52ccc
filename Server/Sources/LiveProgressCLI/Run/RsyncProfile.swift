// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Parses the progress line of `rsync`: the transferred bytes before the percentage, and no total.
///
/// ```text
///      1,234,567  40%    1.20MB/s    0:00:01 (xfr#5, ir-chk=1204/2021)
/// ```
struct RsyncProfile: OutputProfile {
    func read(_ line: OutputLine) -> LineReading? {
        let fields = line.text.split(separator: " ")
        guard line.isRedrawn, fields.count >= 4, fields[2].hasSuffix("B/s"), fields[3].contains(":") else { return nil }
        let digits = fields[0].filter { $0 != "," && $0 != "." }
        guard let count = Int64(digits), count >= 0, let percent = PercentText(in: fields[1]) else { return nil }
        return LineReading(percent: percent.value, completedCount: count)
    }
}
