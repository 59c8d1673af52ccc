// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressCLI
@_spi(Server) @testable import LiveProgressWire

@Suite("The output of watch")
struct WatchScreenTests {
    private func screen(terminal: Bool, json: Bool = false) -> WatchScreen {
        let environment = ["TERM": "xterm", "NO_COLOR": "1"]
        return WatchScreen(style: TerminalStyle(isTerminal: terminal, environment: environment), isJSON: json)
    }

    private func event(_ kind: ProgressEvent.Kind, _ snapshot: ProgressSnapshot) -> ProgressEvent {
        ProgressEvent(kind: kind, snapshot: snapshot)
    }

    @Test("a terminal shows one line that is redrawn, and gets its cursor back at the end")
    func live() {
        var screen = screen(terminal: true)
        let texts = [
            screen.show(event(.snapshot, snapshot("Reading")), now: .zero, width: 80),
            screen.show(event(.update, snapshot("Writing")), now: .zero, width: 6),
            screen.reconnecting("gone\n\u{1B}[2J", width: 80).text,
            screen.show(event(.end, snapshot(outcome: .succeeded())), now: .zero, width: 80),
            screen.finish(), screen.finish(),
        ]
        #expect(
            texts == [
                "\u{1B}[?25l\rReading\u{1B}[K", "\rWr...\u{1B}[K", "\rtrying again: gone [2J\u{1B}[K",
                "\rok: succeeded\u{1B}[K", "\n\u{1B}[?25h", "",
            ]
        )
    }

    @Test("a file or pipe receives plain lines without escape codes")
    func plain() {
        var screen = screen(terminal: false)
        let first = screen.show(event(.snapshot, snapshot("Reading")), now: .zero, width: 0)
        #expect(first == "Reading\n")
        let (text, complaint) = screen.reconnecting("gone", width: 80)
        #expect(text == "")
        #expect(complaint == "Trying again: gone")
        let again = screen.reconnecting("gone", width: 80)
        #expect(again.complaint == nil, "an outage is reported once")
        let last = screen.show(event(.end, snapshot(outcome: .cancelled)), now: .zero, width: 0)
        #expect(last == "stop: cancelled\n")
        let rest = screen.finish()
        #expect(rest == "")
    }

    @Test("JSON output has one message per line, as received")
    func json() throws {
        var screen = screen(terminal: true, json: true)
        let event = event(.update, snapshot("Reading"))
        let text = screen.show(event, now: .zero, width: 80)
        #expect(text.hasSuffix("}\n"))
        #expect(text.count(where: { $0 == "\n" }) == 1)
        #expect(try ProgressMessage.decodeFull(text.utf8) == event)
    }

    @Test(
        "the style follows the environment variables",
        arguments: [
            (true, ["TERM": "xterm", "LANG": "C.UTF-8"], true, true, true),
            (true, ["TERM": "xterm", "NO_COLOR": "1", "LANG": "C.UTF-8"], true, false, true),
            (true, ["TERM": "xterm", "NO_COLOR": ""], true, true, false),
            (true, ["TERM": "dumb", "LANG": "de_DE.utf8"], false, false, true),
            (true, ["LC_ALL": "C", "LANG": "C.UTF-8"], true, true, false),
            (true, ["LC_ALL": "", "LC_CTYPE": "en_US.UTF-8"], true, true, true),
            (false, ["TERM": "xterm"], false, false, false),
        ]
    )
    func style(terminal: Bool, environment: [String: String], live: Bool, color: Bool, unicode: Bool) {
        let style = TerminalStyle(isTerminal: terminal, environment: environment)
        #expect(style.isLive == live)
        #expect(style.usesColor == color)
        #expect(style.usesUnicode == unicode)
    }
}

@Suite("The terminal's own progress bar")
struct TerminalBarTests {
    @Test(
        "Only terminals that are known to show it get the sequence",
        arguments: [
            (["WT_SESSION": "x"], true), (["ConEmuANSI": "ON"], true), (["ConEmuANSI": "OFF"], false),
            (["TERM_PROGRAM": "WezTerm"], true), (["TERM_PROGRAM": "ghostty"], true),
            (["TERM_PROGRAM": "vscode"], false),
            (["TERM_PROGRAM": "iTerm.app"], false),
            (["TERM_PROGRAM": "iTerm.app", "TERM_FEATURES": "T3CwPSc7UUw9"], true),
            (["TERM_PROGRAM": "iTerm.app", "TERM_FEATURES": "T3PaSc7"], false), (["PTYXIS_VERSION": "48.1"], true),
            (["PTYXIS_VERSION": "47.9"], false), (["WT_SESSION": "x", "TMUX": "/tmp/s"], false),
            (["WT_SESSION": "x", "TERM": "dumb"], false), ([:], false),
        ] as [([String: String], Bool)]
    )
    func terminals(environment: [String: String], isKnown: Bool) {
        let all = ["TERM": "xterm"].merging(environment) { $1 }
        #expect(TerminalStyle(isTerminal: true, environment: all).hasProgressBar == isKnown)
        #expect(!TerminalStyle(isTerminal: false, environment: all).hasProgressBar)
    }

    @Test("The bar follows the operation, is written only when it changes, and is removed once")
    func follows() {
        var bar = TerminalBar()
        #expect(bar.remove() == "")
        #expect(bar.show(snapshot("Starting")) == "\u{1B}]9;4;3;0\u{1B}\\")
        let half = snapshot("Copying", counts: ProgressCounts(completedCount: 1, totalCount: 2, fractionCompleted: 0.5))
        #expect(bar.show(half) == "\u{1B}]9;4;1;50\u{1B}\\")
        #expect(bar.show(half) == "")
        #expect(bar.shown == "\u{1B}]9;4;1;50\u{1B}\\")
        #expect(bar.show(snapshot(outcome: .succeeded())) == "\u{1B}]9;4;0;0\u{1B}\\")
        #expect(bar.remove() == "")
    }
}
