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

    /// Whether the terminal shows progress in a bar of its own (OSC 9;4); elsewhere the sequence is a desktop notification.
    var hasProgressBar: Bool

    /// Creates the style for the environment variables `TERM`, `NO_COLOR` (no-color.org), the locale, and those that name the
    /// terminal.
    init(isTerminal: Bool, environment: [String: String]) {
        func value(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        isLive = isTerminal && value("TERM") != "dumb"
        usesColor = isLive && value("NO_COLOR") == nil
        hasProgressBar = isLive && Self.showsProgress(value)
        // The first variable that is set decides, as in setlocale(3).
        let locale = (value("LC_ALL") ?? value("LC_CTYPE") ?? value("LANG") ?? "").lowercased()
        usesUnicode = locale.hasSuffix("utf-8") || locale.hasSuffix("utf8")
    }

    /// Returns whether the environment names a terminal that is known to understand OSC 9;4, as `cargo` decides it.
    private static func showsProgress(_ value: (String) -> String?) -> Bool {
        // tmux and screen pass neither the sequence nor their own name on.
        if value("TMUX") != nil || value("STY") != nil { return false }
        if value("WT_SESSION") != nil || value("ConEmuANSI") == "ON" { return true }
        if let version = value("PTYXIS_VERSION"), let major = version.split(separator: ".").first.flatMap({ Int($0) }) {
            return major >= 48
        }
        switch value("TERM_PROGRAM") {
        case "WezTerm", "ghostty": return true
        case "iTerm.app": return hasFeature("P", in: value("TERM_FEATURES") ?? "")
        default: return false
        }
    }

    /// Returns whether iTerm2's list of features has one; each feature begins with a capital letter.
    private static func hasFeature(_ name: String, in features: String) -> Bool {
        var codes: [String] = []
        for character in features.prefix(while: { $0.isLetter || $0.isNumber }) {
            if character.isUppercase { codes.append("") }
            if !codes.isEmpty { codes[codes.count - 1].append(character) }
        }
        return codes.contains(name)
    }
}
