// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The one-line display of an operation on a terminal, within a width.
///
/// ```text
/// [##########----------]  50%  50/100 rows  12.4 rows/s  4s left  Processing
/// ```
/// If the width is too small, the line omits the remaining time first, then the rate, the counts and the bar. Then the
/// line truncates the state and keeps the percentage.
struct ProgressLine {
    /// The maximum number of columns.
    var width: Int
    /// Whether to use colour (ANSI escape codes, which take no column).
    var usesColor = false
    /// Whether to use characters beyond ASCII.
    var usesUnicode = true
    /// Whether to draw a bar.
    var hasBar = true

    /// Returns the line for a snapshot.
    func render(_ snapshot: ProgressSnapshot) -> String {
        if let outcome = snapshot.outcome { return end(outcome, of: snapshot) }
        let description = describe(snapshot)
        let counts = snapshot.counts
        let percent = counts?.fractionCompleted.map { pad(Formatting.percent($0)) }
        var extras = [
            counts.flatMap { Formatting.counts($0) }.map(SafeText.line),
            counts?.throughput.flatMap { Formatting.rate($0, unit: counts?.unit.map(SafeText.line)) },
            counts?.estimatedTimeRemaining.flatMap { Formatting.duration(seconds: $0) }.map { "\($0) left" },
        ].compactMap { $0 }
        var barWidth = hasBar && percent != nil ? Self.widestBar : 0
        let wanted = min(TextWidth.columns(description), Self.shortestDescription)
        func used() -> Int {
            let bar = barWidth > 0 ? barWidth + 2 + 2 : 0
            return bar + (percent == nil ? 0 : 4 + 2) + extras.reduce(0) { $0 + TextWidth.columns($1) + 2 }
        }
        while used() + wanted > width, !extras.isEmpty { extras.removeLast() }
        while used() + wanted > width, barWidth > 0 { barWidth = barWidth > Self.narrowestBar ? barWidth - 1 : 0 }
        var pieces: [String] = []
        if barWidth > 0, let fraction = counts?.fractionCompleted { pieces.append(bar(fraction, columns: barWidth)) }
        if let percent { pieces.append(percent) }
        pieces += extras
        let cut = TextWidth.truncated(description, to: max(0, width - used()), mark: mark)
        let attention = [.waiting, .stalled, .cancelling].contains(snapshot.status)
        if !cut.isEmpty { pieces.append(attention ? paint(cut, "33") : cut) }
        return fit(pieces)
    }

    private static let widestBar = 20
    private static let narrowestBar = 8
    private static let shortestDescription = 16

    private var mark: String { usesUnicode ? "…" : "..." }

    /// Joins the first pieces that fit the width; drops pieces only on a very narrow terminal.
    private func fit(_ pieces: [String]) -> String {
        var line = ""
        var used = 0
        for piece in pieces {
            let columns = visibleColumns(piece) + (line.isEmpty ? 0 : 2)
            guard used + columns <= width else { break }
            line += line.isEmpty ? piece : "  \(piece)"
            used += columns
        }
        return line
    }

    private func describe(_ snapshot: ProgressSnapshot) -> String {
        if let open = snapshot.waitingFor { return question(open.question, isStalled: snapshot.status == .stalled) }
        var state = SafeText.line(snapshot.state)
        let details = Formatting.details(snapshot.details)
        if !details.isEmpty { state += " (\(details))" }
        return switch snapshot.status {
        case .stalled: "stalled: \(state)"
        case .cancelling: "cancelling: \(state)"
        default: state
        }
    }

    private func question(_ question: ProgressQuestion, isStalled: Bool) -> String {
        let choices = question.choices.isEmpty ? "" : " (\(question.choices.joined(separator: ", ")))"
        let verb = question.isAnswerable ? "asks" : "waits"
        return SafeText.line("\(isStalled ? "stalled, and \(verb)" : verb): \(question.message)\(choices)")
    }

    private func end(_ outcome: ProgressOutcome, of snapshot: ProgressSnapshot) -> String {
        let (sign, word, colour) =
            switch outcome {
            case .succeeded: (usesUnicode ? "✓" : "ok:", "succeeded", "32")
            case .failed: (usesUnicode ? "✗" : "error:", "failed", "31")
            case .cancelled: (usesUnicode ? "■" : "stop:", "cancelled", "33")
            }
        var text = "\(sign) \(word)"
        if let problem = snapshot.error {
            text += ": \(SafeText.line(problem.title))"
            if let detail = problem.detail { text += ": \(SafeText.line(detail))" }
        } else if let counts = snapshot.counts.flatMap({ Formatting.counts($0) }) {
            text += "  \(counts)"
        }
        return paint(TextWidth.truncated(text, to: width, mark: mark), colour)
    }

    private func bar(_ fraction: Double, columns: Int) -> String {
        let share = min(max(fraction.isFinite ? fraction : 0, 0), 1)
        let full = share >= 1 ? columns : min(columns - 1, Int(share * Double(columns)))
        let (on, off) = usesUnicode ? ("█", "░") : ("#", "-")
        let (open, close) = usesUnicode ? ("▕", "▏") : ("[", "]")
        let done = String(repeating: on, count: full)
        let rest = String(repeating: off, count: columns - full)
        return open + paint(done, "36") + rest + close
    }

    private func pad(_ percent: Int) -> String {
        let text = "\(percent)%"
        return String(repeating: " ", count: max(0, 4 - text.count)) + text
    }

    private func paint(_ text: String, _ code: String) -> String {
        usesColor && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    /// Returns the number of columns of a piece, without its colour codes.
    private func visibleColumns(_ piece: String) -> Int {
        var columns = 0
        var inEscape = false
        for character in piece {
            if character == "\u{1B}" {
                inEscape = true
            } else if inEscape {
                inEscape = character != "m"
            } else {
                columns += TextWidth.columns(character)
            }
        }
        return columns
    }
}
