// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Parses the phases of `git`.
///
/// ```text
/// remote: Compressing objects:  88% (3210/3647)
/// Receiving objects:  75% (4226/5634), 3.01 MiB | 475.00 KiB/s
/// ```
struct GitProfile: OutputProfile {
    func read(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        _ = scanner.take("remote: ")
        let phase = scanner.takeText(until: UInt8(ascii: ":"))
        guard scanner.take(":"), let unit = ["objects", "deltas", "files"].first(where: phase.hasSuffix) else {
            return nil
        }
        scanner.skipSpaces()
        guard let percent = scanner.decimal(), percent <= 100, scanner.take("% ("), let pair = scanner.pair() else {
            return nil
        }
        return .counted(pair, unit, step: String(phase), label: String(phase))
    }
}
