// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Parses numbered steps, as of `ninja`, `swift build`, `cargo`, `docker`, `buildah` and `ctest`.
///
/// ```text
/// [12/55] Building C object main.o
///     Building [====>      ] 2/15: part03
/// Step 2/8 : COPY busybox /bin/busybox
/// [+] Building 3.1s (9/11)
///  3/12 Test  #3: check03 ...   Passed    0.01 sec
/// Rebasing (3/24)
/// ```
struct StepsProfile: OutputProfile {
    func read(_ line: OutputLine) -> LineReading? {
        bracketed(line) ?? announced(line) ?? tested(line) ?? cargo(line) ?? building(line)
    }

    private func bracketed(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        guard scanner.take("["), let pair = scanner.pair(), scanner.take("]") else { return nil }
        let step = scanner.text.trimmed
        return .counted(pair, "steps", step: step.isEmpty ? nil : String(step))
    }

    /// A step that begins: the steps before it are done.
    private func announced(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        let isRebase = scanner.take("Rebasing (")
        guard isRebase || scanner.take("Step ") || scanner.take("STEP "), let pair = scanner.pair(), pair.completed > 0,
            isRebase || scanner.take(" :") || scanner.take(":")
        else { return nil }
        return .counted((pair.completed - 1, pair.total), "steps", step: line.text)
    }

    private func tested(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        guard let pair = scanner.pair(), scanner.take(" Test") else { return nil }
        _ = scanner.takeThrough(":")
        // The line of a test that has not ended counts the ended ones.
        return .counted(pair, "tests", step: String(scanner.text.trimmed.prefix { $0 != "." }))
    }

    private func cargo(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        guard line.isRedrawn, scanner.take("Building ["), scanner.takeThrough("] "), let pair = scanner.pair() else {
            return nil
        }
        _ = scanner.take(":")
        return .counted(pair, "crates", step: "Building\(scanner.text)")
    }

    private func building(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        guard line.isRedrawn, scanner.take("[+] Building "), scanner.takeThrough("("), let pair = scanner.pair() else {
            return nil
        }
        return .counted(pair, "steps")
    }
}
