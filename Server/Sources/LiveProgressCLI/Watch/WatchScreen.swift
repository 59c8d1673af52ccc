// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWire

/// What a watch writes, as text: events go in, what to write comes out.
struct WatchScreen: Sendable {
    private enum Form: Sendable {
        case live
        case plain(PlainLines)
        case json
    }

    private let style: TerminalStyle
    private var form: Form
    private var isOutage = false
    private var hasHeading = false
    private var isLineOpen = false

    init(style: TerminalStyle, isJSON: Bool) {
        self.style = style
        form = isJSON ? .json : style.isLive ? .live : .plain(PlainLines())
    }

    /// The text for an event; `now` is the time since some fixed moment, `width` that of the terminal.
    mutating func show(_ event: ProgressEvent, now: Duration, width: Int) -> String {
        isOutage = false
        switch form {
        case .json: return String(decoding: ProgressMessage.encodeFull(event), as: UTF8.self) + "\n"
        case .plain(var lines):
            let new = lines.lines(for: event, now: now)
            form = .plain(lines)
            return heading(event.snapshot) + new.map { "\($0)\n" }.joined()
        case .live:
            let heading = heading(event.snapshot)
            return heading + draw(line(width: width).render(event.snapshot))
        }
    }

    /// What to say of a connection that is lost and will be made again: drawn where a line is drawn, else a complaint,
    /// once for each outage.
    mutating func reconnecting(_ reason: String, width: Int) -> (text: String, complaint: String?) {
        defer { isOutage = true }
        guard case .live = form else { return ("", isOutage ? nil : "Trying again: \(reason)") }
        let text = "trying again: \(SafeText.line(reason))"
        return (draw(TextWidth.truncated(text, to: width - 1, mark: style.usesUnicode ? "…" : "...")), nil)
    }

    /// The text that leaves the terminal as it was; harmless when repeated.
    mutating func finish() -> String {
        guard isLineOpen else { return "" }
        isLineOpen = false
        return "\n\u{1B}[?25h"
    }

    /// The line is one column narrower than the terminal: in the last column some wrap and some do not.
    private func line(width: Int) -> ProgressLine {
        ProgressLine(width: max(0, width - 1), usesColor: style.usesColor, usesUnicode: style.usesUnicode)
    }

    private mutating func heading(_ snapshot: ProgressSnapshot) -> String {
        guard !hasHeading, let title = snapshot.title.map(SafeText.line), !title.isEmpty else { return "" }
        hasHeading = true
        return isLineOpen ? "\r\u{1B}[K\(title)\n" : "\(title)\n"
    }

    private mutating func draw(_ line: String) -> String {
        defer { isLineOpen = true }
        return (isLineOpen ? "" : "\u{1B}[?25l") + "\r\(line)\u{1B}[K"
    }
}
