// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressWire

/// The output of a watch as a state machine: events in, text out.
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
    /// The sequence for the terminal's own bar that was written last.
    private var bar = TerminalBar()

    init(style: TerminalStyle, isJSON: Bool) {
        self.style = style
        form = isJSON ? .json : style.isLive ? .live : .plain(PlainLines())
    }

    /// Returns the text for an event; `now` is the time since a fixed moment, `width` is the width of the terminal.
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
            let line = draw(line(width: width).render(event.snapshot))
            return heading + line + (style.hasProgressBar ? bar.show(event.snapshot) : "")
        }
    }

    /// Returns the message for a lost connection that will be made again.
    ///
    /// On a terminal the message replaces the line. Otherwise the message is an error message, once for each outage.
    mutating func reconnecting(_ reason: String, width: Int) -> (text: String, complaint: String?) {
        defer { isOutage = true }
        guard case .live = form else { return ("", isOutage ? nil : "Trying again: \(reason)") }
        let text = "trying again: \(SafeText.line(reason))"
        return (draw(TextWidth.truncated(text, to: width - 1, mark: style.usesUnicode ? "…" : "...")), nil)
    }

    /// Returns the text that keeps the terminal's own bar, which terminals remove after a time without a new value.
    func keepBar() -> String { bar.shown ?? "" }

    /// Returns the text that restores the terminal; empty when repeated.
    mutating func finish() -> String {
        guard isLineOpen else { return "" }
        isLineOpen = false
        return bar.remove() + "\n\u{1B}[?25h"
    }

    /// Returns a line one column narrower than the terminal, because terminals differ in wrapping at the last column.
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
