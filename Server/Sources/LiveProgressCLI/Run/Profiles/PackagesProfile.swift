// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Parses the counts of package managers and image stores: `apt`, `uv`, `docker pull`, `docker push`, `docker build`.
///
/// ```text
/// 0 upgraded, 3 newly installed, 0 to remove and 12 not upgraded.
/// Unpacking greed (4.2-2) ...
/// Preparing packages... (1/4)
/// d1ca36677415: Pull complete
/// #9 DONE 0.4s
/// ```
struct PackagesProfile: OutputProfile {
    private var apt = AptCounts()
    private var layers = LayerCounts()
    private var builds = BuildCounts()

    mutating func read(_ line: OutputLine) -> LineReading? {
        apt.read(line) ?? layers.read(line) ?? builds.read(line) ?? Self.uv(line)
    }

    private static func uv(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        guard line.isRedrawn, scanner.takeThrough("ing packages... ("), let pair = scanner.pair(), scanner.take(")")
        else {
            return nil
        }
        return .counted(pair, "packages", step: "Preparing packages", label: "Preparing packages")
    }
}

/// The packages that `apt` unpacks and sets up; its percentages of a list or of the download are phases of their own.
private struct AptCounts {
    private var total: Int64 = 0
    private var done: Int64 = 0

    mutating func read(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        for name in ["Reading ", "(Reading database", "Building dependency"] where line.text.hasPrefix(name) {
            return LineReading(step: line.text.prefix { $0 != "." }.description.trimmed.description)
        }
        if let upgraded = scanner.integer(), scanner.take(" upgraded, "), let new = scanner.integer(),
            scanner.take(" newly installed, ")
        {
            (total, done) = (2 * (upgraded + new), 0)
            return nil
        }
        guard total > 0, !line.isRedrawn else { return line.text.hasPrefix("Progress: [") ? LineReading() : nil }
        guard scanner.take("Unpacking ") || scanner.take("Setting up ") else { return nil }
        done = min(done + 1, total)
        // The step that is announced is not done yet.
        return .counted((done - 1, total), "steps", step: line.text, label: "packages")
    }
}

/// The layers of `docker pull` and `docker push`.
private struct LayerCounts {
    private var known: Set<Substring> = []
    private var done: Set<Substring> = []

    mutating func read(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        let layer = scanner.takeText(until: UInt8(ascii: ":"))
        guard layer.utf8.count == 12, layer.allSatisfy(\.isHexDigit), scanner.take(": "), known.count < 1000 else {
            return nil
        }
        known.insert(layer)
        for end in ["Pull complete", "Already exists", "Pushed", "Layer already exists"]
        where scanner.text.hasPrefix(end) {
            done.insert(layer)
        }
        let step = scanner.takeText(until: UInt8(ascii: " "))
        return .counted((Int64(done.count), Int64(known.count)), "layers", step: String(step))
    }
}

/// The steps of BuildKit's plain output, whose number is not known before.
private struct BuildCounts {
    private var done: Int64 = 0
    private var isBuild = false

    mutating func read(_ line: OutputLine) -> LineReading? {
        var scanner = TextScanner(line.text)
        guard scanner.take("#"), scanner.integer() != nil, scanner.take(" ") else { return nil }
        if scanner.take("[internal] ") { isBuild = true }
        guard isBuild else { return nil }
        if scanner.take("DONE ") || scanner.take("CACHED") { done += 1 }
        let isName = scanner.text.hasPrefix("[")
        return LineReading(step: isName ? String(scanner.text) : nil, completedCount: done, unit: "steps")
    }
}
