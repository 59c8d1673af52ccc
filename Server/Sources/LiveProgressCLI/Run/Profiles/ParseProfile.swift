// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Parses lines by a regular expression of the user, with the named groups `percent`, `completed`, `total`, `unit`, `step`.
///
/// ```text
/// --parse 'epoch (?<completed>\d+)/(?<total>\d+)'
/// ```
struct ParseProfile: OutputProfile {
    static let groups = ["percent", "completed", "total", "unit", "step"]

    let pattern: String
    private let search: PatternSearch

    /// Creates a profile.
    ///
    /// - Throws: ``ParseProfileError`` if the pattern is no regular expression, or has none of the groups.
    init(_ pattern: String) throws {
        self.pattern = pattern
        do {
            search = PatternSearch(try Regex(pattern))
        } catch {
            throw ParseProfileError(message: "The pattern of --parse is no regular expression: \(error)")
        }
        guard Self.groups.contains(where: { pattern.contains("(?<\($0)>") || pattern.contains("(?P<\($0)>") }) else {
            let groups = Self.groups.map { "(?<\($0)>…)" }.joined(separator: ", ")
            throw ParseProfileError(message: "The pattern of --parse has none of the groups \(groups).")
        }
    }

    func read(_ line: OutputLine) -> LineReading? {
        guard let groups = search.groups(Self.groups, in: line.text) else { return nil }
        let counts = [groups["completed"], groups["total"]].map { $0.flatMap { Int64($0.filter { $0 != "," }) } }
        var reading = LineReading(
            step: groups["step"],
            percent: groups["percent"].flatMap { Double($0.replacing(",", with: ".")) },
            completedCount: counts[0],
            totalCount: counts[1],
            unit: groups["unit"]
        )
        if let completed = counts[0], let total = counts[1] {
            guard total > 0, (0...total).contains(completed) else { return nil }
            reading.percent = reading.percent ?? 100 * Double(completed) / Double(total)
            reading.unit = reading.unit ?? "units"
        }
        if let percent = reading.percent, !(0...100).contains(percent) { return nil }
        if let completed = counts[0], completed < 0 { return nil }
        return reading
    }
}

/// The error of a pattern that cannot be used.
struct ParseProfileError: Error, CustomStringConvertible {
    let message: String
    var description: String { message }
}
