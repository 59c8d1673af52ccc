// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Parses the progress that `pytest` writes at the ends of its lines.
///
/// ```text
/// collected 114 items
/// tests/test_part1.py ...................                                  [ 16%]
/// tests/test_part1.py ...................                               [ 19/114]
/// [gw0] [ 92%] PASSED tests/test_part3.py::test_total[7]
/// ```
struct PytestProfile: OutputProfile {
    private var isRunning = false

    mutating func read(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        if scanner.take("="), scanner.takeThrough(" test session starts ") { isRunning = true }
        // `pytest -q` has no such line, but begins with dots.
        guard isRunning || line.text.hasSuffix("%]") && line.text.hasPrefix(".") else { return nil }
        isRunning = true
        if line.text.hasPrefix("[gw"), scanner.takeThrough("] [") {
            scanner.skipSpaces()
            guard let percent = scanner.decimal(), percent <= 100, scanner.take("%]") else { return nil }
            return LineReading(step: String(scanner.text.trimmed), label: "tests", percent: percent)
        }
        guard line.text.hasSuffix("]"), let open = line.text.lastIndex(of: "[") else { return nil }
        var end = TextScanner(line.text[open...].dropFirst())
        end.skipSpaces()
        let step = String(line.text.prefix { $0 != " " })
        if let pair = end.pair(), end.text == "]" { return .counted(pair, "tests", step: step, label: "tests") }
        guard let percent = end.decimal(), percent <= 100, end.text == "%]" else { return nil }
        return LineReading(step: step, label: "tests", percent: percent)
    }
}
