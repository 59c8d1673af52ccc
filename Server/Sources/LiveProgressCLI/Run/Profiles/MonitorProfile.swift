// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Recognizes redrawn percentages that are no progress: displays of a machine's load, and pagers.
///
/// ```text
/// CPU:  98.0%  MEM:  6.0%
/// Battery: 61% (charging), 19.5 °C
/// --More--(5%)
/// ```
struct MonitorProfile: OutputProfile {
    private static let measured: Set = [
        "cpu", "gpu", "mem", "memory", "ram", "swap", "battery", "volume", "usage", "disk", "brightness",
        "humidity", "signal", "temperature", "temp",
    ]

    private var isPager = false

    mutating func read(_ line: OutputLine) -> LineReading? {
        if line.text.hasPrefix("--More--") {
            isPager = true
            return LineReading()
        }
        guard line.isRedrawn else { return nil }
        // The text of a pager overwrites its prompt.
        guard !isPager else { return LineReading(step: line.text) }
        let first = line.text.prefix { $0.isLetter }
        guard first.utf8.count <= 16, Self.measured.contains(first.lowercased()) else { return nil }
        return LineReading(step: line.text)
    }
}
