// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressWire

/// The text output of operations.
enum SnapshotText {
    /// Returns all members of one operation, one per line.
    static func full(_ snapshot: ProgressSnapshot, url: String) -> String {
        var rows: [(String, String?)] = [
            ("id", snapshot.id.rawValue),
            ("title", snapshot.title),
            ("status", snapshot.status.rawValue),
            ("state", snapshot.state),
            ("details", snapshot.details.isNull ? nil : snapshot.details.jsonString),
            ("question", snapshot.waitingFor.map(question)),
            ("answer", snapshot.lastAnswer.map(answer)),
            ("progress", progress(snapshot)),
            ("result", snapshot.result?.jsonString),
            ("error", snapshot.error.map(problem)),
            ("attempt", snapshot.attempt > 1 ? String(snapshot.attempt) : nil),
            ("parent", snapshot.parent?.rawValue),
        ]
        rows += snapshot.labels.sorted { $0.key < $1.key }.map { ("label", "\($0.key)=\($0.value)") }
        rows += [
            ("cursor", "\(snapshot.cursor)"),
            ("created", ProgressTimestamp.format(snapshot.createdAt)),
            ("updated", ProgressTimestamp.format(snapshot.updatedAt)),
            ("url", url),
        ]
        return rows.reduce(into: "") { text, row in
            guard let value = row.1 else { return }
            let indent = String(repeating: " ", count: 10 - row.0.count)
            text += "\(row.0)\(indent)\(SafeText.line(value))\n"
        }
    }

    /// Returns a table of operations, one per line.
    static func table(_ snapshots: [ProgressSnapshot]) -> String {
        let rows = [["ID", "STATUS", "DONE", "UPDATED", "TITLE", "STATE"]] + snapshots.map(row)
        let widths = (0..<5).map { column in rows.map { TextWidth.columns($0[column]) }.max() ?? 0 }
        return rows.reduce(into: "") { text, row in
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - TextWidth.columns(cell))
            }
            var line = (cells + [row[5]]).joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            text += "\(line)\n"
        }
    }

    private static func row(_ snapshot: ProgressSnapshot) -> [String] {
        let done = snapshot.fractionCompleted.map { "\(Formatting.percent($0))%" } ?? "-"
        let title = snapshot.title.map(SafeText.line) ?? ""
        let updated = ProgressTimestamp.format(snapshot.updatedAt)
        return [
            snapshot.id.rawValue, snapshot.status.rawValue, done, updated, title.isEmpty ? "-" : title,
            SafeText.line(snapshot.state),
        ]
    }

    private static func progress(_ snapshot: ProgressSnapshot) -> String? {
        guard let counts = snapshot.counts else { return nil }
        let pieces = [
            counts.fractionCompleted.map { "\(Formatting.percent($0))%" },
            Formatting.counts(counts),
            counts.throughput.flatMap { Formatting.rate($0, unit: counts.unit.map(SafeText.line)) },
            counts.estimatedTimeRemaining.flatMap { Formatting.duration(seconds: $0) }.map { "\($0) left" },
        ]
        return pieces.compactMap { $0 }.joined(separator: ", ")
    }

    private static func question(_ open: ProgressQuestion.Open) -> String {
        let question = open.question
        let pieces: [String?] = [
            "number \(open.number)",
            question.choices.isEmpty ? nil : "choices: \(question.choices.joined(separator: ", "))",
            question.defaultAnswer.map { "default: \($0)" },
            question.isAnswerable ? nil : "answered where the work runs",
            open.deadline.map { "deadline: \(ProgressTimestamp.format($0))" },
        ]
        return "\(question.message) (\(pieces.compactMap { $0 }.joined(separator: "; ")))"
    }

    private static func answer(_ last: ProgressAnswer) -> String {
        let how = last.isExpired ? " at the deadline" : last.answeredBy.map { " by \($0)" } ?? ""
        return "\(last.answer ?? "none")\(how), to: \(last.message)"
    }

    private static func problem(_ problem: ProgressProblem) -> String {
        problem.detail.map { "\(problem.title): \($0)" } ?? problem.title
    }
}
