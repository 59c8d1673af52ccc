// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Parses counters whose percentage is elsewhere or absent: `tqdm`, `zip`, `restic`, `curl --parallel`.
///
/// ```text
/// search:  45%|████▌     | 90/200 [00:04<00:05, 19.9it/s]
/// reading: 150 lines [00:03, 38.5 lines/s]
///   3/ 41   adding: in/note3.txt
/// [0:01] 1378 files 39.454 MiB, total 1500 files 42.915 MiB, 0 errors
///  36 --  3276k     0     3     2   0:00:13  0:00:05  0:00:08  650k
/// ```
struct CountersProfile: OutputProfile {
    func read(_ line: OutputLine) -> LineReading? {
        tqdm(line) ?? zip(line) ?? restic(line) ?? curl(line)
    }

    private func tqdm(_ line: OutputLine) -> LineReading? {
        guard line.isRedrawn, line.text.hasSuffix("]"), let open = line.text.lastIndex(of: "[") else { return nil }
        let inside = line.text[open...]
        guard inside.contains(","), inside.hasPrefix("[0") || inside.hasPrefix("[1") || inside.hasPrefix("[2") else {
            return nil
        }
        let rate = inside.dropLast().split(separator: " ").last ?? ""
        // Only an unknown total is read here: a bar has a percentage, which the generic profile reads.
        guard rate.hasSuffix("/s"), !line.text.contains("|") else { return nil }
        let before = line.text[..<open].split(separator: " ")
        guard let last = before.last, let unit = before.count >= 2 && Int64(last) == nil ? last : nil,
            let done = Int64(before[before.count - 2])
        else { return nil }
        return LineReading(completedCount: done, unit: String(unit))
    }

    /// The numbers of `zip -dc` are those that are done and those that are left.
    private func zip(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        guard let done = scanner.integer(), scanner.take("/") else { return nil }
        scanner.skipSpaces()
        guard let left = scanner.integer() else { return nil }
        scanner.skipSpaces()
        guard scanner.take("adding: ") || scanner.take("updating: ") else { return nil }
        return .counted((done, done + left), "files", step: "Adding \(scanner.text.prefix { $0 != "(" }.trimmed)")
    }

    private func restic(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        guard line.isRedrawn, scanner.take("["), scanner.takeThrough("] "), let done = scanner.integer(),
            scanner.take(" files "), scanner.takeThrough(", total "), let total = scanner.integer(),
            scanner.take(" files "), total > 0, done <= total
        else { return nil }
        return .counted((done, total), "files", step: "Backing up")
    }

    private func curl(_ line: OutputLine) -> LineReading? {
        if line.text.hasPrefix("DL% UL%") { return LineReading(step: "Transferring") }
        let fields = line.text.split(separator: " ")
        guard line.isRedrawn, fields.count >= 10, fields[1] == "--", let done = CurlMeterProfile.amount(fields[2])
        else {
            return nil
        }
        guard let percent = Double(fields[0]), percent <= 100 else {
            return fields[0] == "--" ? LineReading(completedCount: done, unit: "bytes") : nil
        }
        return LineReading(percent: percent)
    }
}
