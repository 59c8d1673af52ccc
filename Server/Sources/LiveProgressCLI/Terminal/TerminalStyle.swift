// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The style of the output, for a terminal or for a file.
struct TerminalStyle: Sendable, Hashable {
    /// Whether to redraw one line; otherwise each change is a new line.
    var isLive: Bool
    /// Whether to use colour.
    var usesColor: Bool
    /// Whether the output can show characters beyond ASCII.
    var usesUnicode: Bool

    /// Creates the style for the environment variables `TERM`, `NO_COLOR` (no-color.org) and the locale.
    init(isTerminal: Bool, environment: [String: String]) {
        func value(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        isLive = isTerminal && value("TERM") != "dumb"
        usesColor = isLive && value("NO_COLOR") == nil
        // The first variable that is set decides, as in setlocale(3).
        let locale = (value("LC_ALL") ?? value("LC_CTYPE") ?? value("LANG") ?? "").lowercased()
        usesUnicode = locale.hasSuffix("utf-8") || locale.hasSuffix("utf8")
    }
}
