// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Parses the progress dots that `wget` writes instead of a bar.
///
/// ```text
///   150K .......... .......... .......... .......... ..........  1%  247M 2s
/// ```
struct WgetDotsProfile: OutputProfile {
    func read(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        guard scanner.integer() != nil, scanner.take("K ") else { return nil }
        let fields = scanner.text.split(separator: " ")
        let rest = fields.drop { field in field.allSatisfy { $0 == "." || $0 == "," } }
        guard fields.count >= 2, rest.startIndex > 0 else { return nil }
        guard let sign = rest.first, let percent = PercentText(in: sign) else { return LineReading() }
        return LineReading(percent: percent.value)
    }
}
