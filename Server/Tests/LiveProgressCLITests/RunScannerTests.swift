// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import LiveProgressCLI

@Suite struct RunScannerTests {
    typealias Event = ProgressScanner.Event

    static func events(_ text: String) -> [Event] { events(Array(text.utf8)) }

    static func events(_ bytes: [UInt8]) -> [Event] {
        var scanner = ProgressScanner()
        return scanner.take(bytes) + scanner.finish()
    }

    /// Returns an event for a line that a line feed ended.
    static func line(_ text: String) -> Event { .line(OutputLine(text: text, isRedrawn: false, isEnded: true)) }
    static func redrawn(_ text: String, isEnded: Bool = false) -> Event {
        .line(OutputLine(text: text, isRedrawn: true, isEnded: isEnded))
    }

    static let lines: [(String, [Event])] = [
        ("one\ntwo\r\nthree", [line("one"), line("two"), .line(OutputLine(text: "three", isRedrawn: false))]),
        ("\n\r\n  \n", []),
        ("5%\r6%\r\n", [redrawn("5%"), redrawn("6%", isEnded: true)]),
        ("\r5%\r6%\nnext\n", [redrawn("5%"), redrawn("6%", isEnded: true), line("next")]),
        ("\u{1B}[1;32mgreen\u{1B}[0m\n", [line("green")]),
        ("\u{1B}[2K\u{1B}[1G50%\u{1B}[K\n", [redrawn("50%", isEnded: true)]),
        ("a 5%\u{8}\u{8}6%\n", [redrawn("a 6%", isEnded: true)]),
        ("é5\u{8}\u{8}x\n", [redrawn("x", isEnded: true)]),
        ("\u{1B}(Btext\u{1B}7\n", [line("text")]),
        ("tab\there\u{7}\n", [line("tab here")]),
        ("before\u{1B}]0;a title\u{7}after\n", [line("beforeafter")]),
        ("before\u{1B}Psomething\u{1B}\\after\n", [line("beforeafter")]),
        ("never ended\u{1B}]0;title\nnext\n", [line("never ended"), line("next")]),
        ("\u{1B}[31\nnext\n", [line("next")]),
        ("turned \u{202E}around\n", [line("turned  around")]),
    ]

    @Test("Lines have no escape codes, and record whether they redraw another line", arguments: lines)
    func findsLines(output: String, expected: [Event]) {
        #expect(Self.events(output) == expected)
    }

    static let commands: [(String, TerminalProgress?)] = [
        ("\u{1B}]9;4;1;45\u{7}", TerminalProgress(state: .normal, percent: 45)),
        ("\u{1B}]9;4;1;45\u{1B}\\", TerminalProgress(state: .normal, percent: 45)),
        ("\u{1B}]9;4;1\u{7}", TerminalProgress(state: .normal, percent: 0)),
        ("\u{1B}]9;4;0;0\u{7}", TerminalProgress(state: .removed)),
        ("\u{1B}]9;4;0;\u{7}", TerminalProgress(state: .removed)),
        ("\u{1B}]9;4;2;80\u{7}", TerminalProgress(state: .failing, percent: 80)),
        ("\u{1B}]9;4;3;50\u{7}", TerminalProgress(state: .indeterminate)),
        ("\u{1B}]9;4;4\u{7}", TerminalProgress(state: .paused)),
        ("\u{1B}]9;4;1;150\u{7}", TerminalProgress(state: .normal, percent: 100)),
        ("\u{1B}]9;4;5;10\u{7}", nil),
        ("\u{1B}]9;4;1;-5\u{7}", nil),
        ("\u{1B}]9;4;1;x\u{7}", nil),
        ("\u{1B}]9;3;1;5\u{7}", nil),
        ("\u{1B}]8;;http://localhost\u{7}", nil),
    ]

    @Test("Progress escape codes are read, and other escape codes are ignored", arguments: commands)
    func findsTerminalProgress(output: String, expected: TerminalProgress?) {
        #expect(Self.events(output) == (expected.map { [.progress($0)] } ?? []))
    }

    @Test("The events are the same, however the bytes are split")
    func chunkingChangesNothing() {
        var generator = SplitMix(state: 42)
        let parts = [
            "5%", "\r", "\n", "\u{1B}[2K", "\u{1B}]9;4;1;7\u{7}", "\u{1B}]9;4;3\u{1B}\\", "text", "\u{8}", "é█",
            "\u{1B}",
        ]
        for _ in 0..<300 {
            let text = (0..<20).map { _ in parts[generator.next(below: parts.count)] }.joined()
            let bytes = Array(text.utf8)
            var scanner = ProgressScanner()
            var events: [Event] = []
            var position = 0
            while position < bytes.count {
                let end = min(bytes.count, position + 1 + generator.next(below: 7))
                events += scanner.take(bytes[position..<end])
                position = end
            }
            events += scanner.finish()
            #expect(events == Self.events(bytes), "\(bytes)")
        }
    }

    @Test("Invariant 11: any bytes are accepted")
    func takesAnyBytes() {
        var generator = SplitMix(state: 7)
        for _ in 0..<100 {
            let bytes = (0..<500).map { _ in UInt8(generator.next(below: 256)) }
            for case .line(let line) in Self.events(bytes) {
                #expect(line.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) })
            }
        }
    }

    @Test("Invariant 10: a line that is too long is cut, and the next line is complete")
    func boundsLines() {
        let events = Self.events(String(repeating: "x", count: 1_000_000) + "\nnext\n")
        #expect(events.count == 2)
        guard case .line(let first) = events.first else { return }
        #expect(first.text.utf8.count == ProgressScanner.maximumLineLength)
        #expect(events.last == Self.line("next"))
    }

    @Test("Invariant 10: an escape sequence that is too long is dropped")
    func boundsSequences() {
        let endless = "\u{1B}]" + String(repeating: "x", count: TerminalDecoder.maximumStringLength + 1)
        #expect(Self.events(endless + "text\n").isEmpty, "Its text stays hidden, as in a terminal.")
        #expect(Self.events(endless + "\u{7}text\n") == [Self.line("text")])
        #expect(Self.events(endless + "\nnext\n") == [Self.line("next")])
    }

    @Test("Binary lines are ignored, and invalid UTF-8 in text is replaced")
    func toleratesWhatIsNoText() {
        #expect(Self.events([0x45, 0x00, 0x01, 0x35, 0x25, 0x0A, 0x6F, 0x6B, 0x0A]) == [Self.line("ok")])
        #expect(Self.events([0xFF, 0xFE, 0x41, 0x0A]).isEmpty)
        #expect(
            Self.events(Array("caf".utf8) + [0xE9] + Array(" au lait\n".utf8)) == [Self.line("caf\u{FFFD} au lait")]
        )
    }

    @Test("The unfinished last line can be read")
    func showsUnfinishedLine() {
        var scanner = ProgressScanner()
        #expect(scanner.unfinishedLine == nil)
        #expect(scanner.take(Array("\r  12.3%".utf8)).isEmpty)
        #expect(scanner.unfinishedLine == OutputLine(text: "12.3%", isRedrawn: true))
        #expect(scanner.take(Array("\n".utf8)) == [Self.redrawn("12.3%", isEnded: true)])
        #expect(scanner.unfinishedLine == nil)
    }
}

/// A small random generator with a seed, so that a failure can be repeated.
struct SplitMix {
    var state: UInt64

    mutating func next(below bound: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(bound))
    }
}
