// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// How to write to where the output goes.
struct TerminalStyle: Sendable, Hashable {
    /// Whether one line is drawn over and over.
    var isLive: Bool
    /// Whether to colour.
    var usesColor: Bool
    /// Whether characters beyond ASCII can be shown.
    var usesUnicode: Bool

    /// The style that the environment asks for; see no-color.org for `NO_COLOR`.
    init(isTerminal: Bool, environment: [String: String]) {
        func value(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        isLive = isTerminal && value("TERM") != "dumb"
        usesColor = isLive && value("NO_COLOR") == nil
        // The first that is set decides, as in setlocale.
        let locale = (value("LC_ALL") ?? value("LC_CTYPE") ?? value("LANG") ?? "").lowercased()
        usesUnicode = locale.hasSuffix("utf-8") || locale.hasSuffix("utf8")
    }
}
