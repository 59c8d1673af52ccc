// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Parses the progress dots that `wget` writes instead of a bar.
///
/// ```text
///   150K .......... .......... .......... .......... ..........  1%  247M 2s
/// ```
struct WgetDotsProfile: OutputProfile {
    func read(_ line: OutputLine) -> LineReading? {
        let fields = line.text.split(separator: " ")
        guard fields.count >= 3, fields[0].last == "K", Int64(fields[0].dropLast()) != nil else { return nil }
        let rest = fields.dropFirst().drop { field in field.allSatisfy { $0 == "." || $0 == "," } }
        guard rest.startIndex > 1 else { return nil }
        guard let sign = rest.first, let percent = PercentText(in: sign) else { return LineReading() }
        return LineReading(percent: percent.value)
    }
}
