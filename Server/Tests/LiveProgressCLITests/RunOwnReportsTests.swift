// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressCLI

@Suite("Progress that programs report themselves, and patterns of the user")
struct RunOwnReportsTests {
    /// Returns the sequence of a report of OSC 7501.
    private static func status(_ pairs: String) -> String { "\u{1B}]7501;\(pairs)\u{1B}\\" }

    private static func play(_ texts: [String], isSuccess: Bool = true, patterns: [ParseProfile] = []) -> RunPlayback {
        RunPlayback(texts.enumerated().map { (at: $0.offset * 300, text: $0.element) }, isSuccess: isSuccess, patterns)
    }

    @Test("A program's own percentage takes precedence over OSC 9;4 and over bars, and its message is the step")
    func precedence() {
        let texts = (1...9).map { number in
            Self.status("state=working:progress=\(number * 10):msg=QnVpbGRpbmc=") + "\u{1B}]9;4;1;\(99 - number)\u{7}"
                + "\rbar \(90 - number)%"
        }
        let played = Self.play(texts, isSuccess: false)
        #expect(played.counts.last == .init(completed: 90, total: 100, unit: "%"))
        #expect(played.reports.last?.state == "Building")
    }

    @Test("done and error are no end: the exit code decides", arguments: [("done", true), ("error", false)])
    func notTheEnd(state: String, isSuccess: Bool) {
        let texts =
            (1...9).map { Self.status("state=working:progress=\($0 * 10)") } + [
                Self.status("state=\(state)"), "more\n",
            ]
        let played = Self.play(texts, isSuccess: isSuccess)
        #expect(played.reports.allSatisfy { $0.outcome == nil })
        #expect(played.counts.last?.completed == (isSuccess ? 100 : 90))
    }

    @Test("Records below the root are shown as parts; a blocked one is the step; clear and a reset remove them")
    func parts() {
        let texts = [
            Self.status("state=working:id=a:progress=40:title=VGVzdHM="), Self.status("state=done:id=b"),
            Self.status("state=blocked:id=b/c:kind=permission:msg=UnVuIHg/"),
        ]
        let last = Self.play(texts, isSuccess: false).reports.last
        #expect(last?.state == "Waiting: Run x?")
        #expect(last?.completedCount == nil, "No record is that of the whole work.")
        let whole = Self.play([Self.status("state=working:msg=Um9vdA==")] + texts, isSuccess: false).reports.last
        #expect(whole?.state == "Root", "The message of the root record is that of the run.")
        let parts = last?.details?["programs"]?.arrayValue ?? []
        #expect(parts.map { $0["id"] } == ["a", "b", "b/c"])
        #expect(parts.first?["percentComplete"]?.doubleValue == 40 && parts.first?["text"] == "Tests")
        let cleared = Self.play(texts + [Self.status("state=clear:id=b")], isSuccess: false).reports.last
        #expect(cleared?.details?["programs"] == nil && cleared?.details?["percentComplete"]?.doubleValue == 40)
        #expect(Self.play(texts + ["\u{1B}c"], isSuccess: false).reports.last?.details?["programs"] == nil)
    }

    @Test("A blocked root record asks once, and is withdrawn once, in each of three rounds")
    func blocked() {
        let texts = (1...3).flatMap { round in
            [
                Self.status("state=working:progress=\(round)"),
                Self.status("state=blocked:progress=\(round):kind=auth"),
                "redrawn\r", Self.status("state=blocked:progress=\(round):kind=auth:title=eA=="),
            ]
        }
        let changes = Self.play(texts + [Self.status("state=done")], isSuccess: true).reports.compactMap(\.waitingFor)
        let first = ProgressQuestion("The program waits for a person.", kind: .input, isAnswerable: false)
        let second = ProgressQuestion("x", kind: .input, isAnswerable: false)
        let round: [ProgressQuestion.Change] = [.ask(first), .ask(second), .withdraw]
        #expect(changes == round + round + round)
    }

    @Test("With --log, the last lines of both outputs are in the details; a redrawn line replaces the one before it")
    func log() {
        let clock = ContinuousClock.now
        let feed = RunFeed(outputCount: 2) { ContinuousClock.now - clock }
        var reading = RunReading(of: feed, errorOutput: 1, configuration: .init(logLineCount: 3))
        feed.take(Array("one\ntwo\n\u{1B}[31mthree\u{1B}[0m\n".utf8), from: 0)
        feed.take(Array("four\n10%\r20%\r30%\r".utf8), from: 1)
        feed.finish()
        let report = reading.finalReport(isSuccess: false)
        #expect(report?.details?["log"] == ["three", "four", "30%"])
    }

    @Test("The records are bounded: the least recently updated goes first")
    func bounded() throws {
        var records = ProgramRecords()
        for number in 0..<300 {
            records.apply(try #require(ProgramStatus(command: "7501;state=working:id=p\(number)".utf8)))
        }
        #expect(records.details?.arrayValue?.last?["id"] == "p299")
        #expect(Mirror(reflecting: records).children.first.map { ($0.value as? [ProgramStatus])?.count } == 256)
    }

    @Test("A pattern of the user is read first: a percentage, or counts with their unit and step")
    func patterns() throws {
        let epochs = try ParseProfile(#"(?<step>epoch) (?<completed>\d+) of (?<total>\d+)"#)
        let played = Self.play((1...9).map { "epoch \($0) of 10, loss 5%\n" }, isSuccess: false, patterns: [epochs])
        #expect(played.counts.last == .init(completed: 9, total: 10, unit: "units"))
        #expect(played.reports.last?.state == "epoch")
        let percent = try ParseProfile(#"progress=(?<percent>[\d.]+)"#)
        let shown = Self.play((1...9).map { "x progress=\($0)1.5 y\n" }, isSuccess: false, patterns: [percent])
        #expect(shown.counts.last == .init(completed: 91, total: 100, unit: "%"))
        for text in ["progress=101", "progress=", "other"] {
            #expect(percent.read(OutputLine(text: text, isRedrawn: false)) == nil)
        }
    }

    @Test("A pattern whose search takes too long is given up, and holds up the reports once")
    func endless() throws {
        let endless = try ParseProfile("(a+)+$(?<step>b)")
        let clock = ContinuousClock()
        let time = clock.measure {
            for _ in 0..<3 {
                #expect(endless.read(OutputLine(text: String(repeating: "a", count: 40), isRedrawn: false)) == nil)
            }
        }
        #expect(time < .seconds(30), "A search of this line takes hours.")
    }

    @Test("A pattern that cannot be used is an error", arguments: ["(", "no groups", "(?<other>x)"])
    func refused(pattern: String) {
        #expect(throws: ParseProfileError.self) { try ParseProfile(pattern) }
    }

    @Test("A flood of output is read in part, up to its last line, and everything is read again after it")
    func flood() {
        var allowance = ReadingAllowance()
        let flood = Array((0..<20_000).map { "line \($0)\n" }.joined().utf8)
        for second in 0..<3 {
            let start = Duration.seconds(second)
            #expect(allowance.take(flood.prefix(1000), at: start).map(\.bytes.count) == [1000])
            let parts = allowance.take(flood, at: start + .milliseconds(50))
            #expect(parts.map(\.isAfterGap) == [false])
            #expect(parts[0].bytes.count <= ReadingAllowance.limit && parts[0].bytes.last == Byte.lineFeed)
            #expect(allowance.take(flood.dropLast(6), at: start + .milliseconds(90)).isEmpty)
            #expect(allowance.take(flood.suffix(6), at: start + .milliseconds(99)).isEmpty)
            #expect(allowance.isHolding && allowance.takeTail(at: start + .milliseconds(99)) == nil)
            let tail = allowance.takeTail(at: start + .milliseconds(100))
            #expect(tail?.isAfterGap == true && tail.map { $0.bytes.count <= ReadingAllowance.tailLimit } == true)
            #expect(
                tail.map { String(decoding: $0.bytes, as: UTF8.self).hasSuffix("line 19998\nline 19999\n") } == true
            )
            #expect(!allowance.isHolding)
        }
    }

    @Test("A flood of redrawn lines is read up to its last drawing, also at the end of the output")
    func redrawnFlood() {
        let feed = RunFeed(outputCount: 1) { .zero }
        var reading = RunReading(of: feed)
        feed.take(Array((0...20_000).map { "\r\($0 / 200)% of the work" }.joined().utf8), from: 0)
        let isWaiting = reading.takeReport().isWaiting
        #expect(isWaiting)
        feed.finish()
        let last = reading.finalReport(isSuccess: false)
        #expect(last?.details?["percentComplete"] == 100.0)
    }

    @Test("A switch of the screen inside a flood counts, wherever a chunk cuts it")
    func screenInFlood() {
        let filler = Array(String(repeating: "x\n", count: 20_000).utf8)
        let flood = String(decoding: filler, as: UTF8.self)
        let leave = Array("\u{1B}[?1049l".utf8)
        for cut in 0...leave.count {
            let feed = RunFeed(outputCount: 1) { .zero }
            feed.take(Array("\u{1B}[?1049h".utf8) + filler + leave.prefix(cut), from: 0)
            feed.take(leave.dropFirst(cut) + filler + Array("\r50% of the work".utf8), from: 0)
            feed.finish()
            var reading = RunReading(of: feed)
            let last = reading.finalReport(isSuccess: false)
            #expect(last?.details?["percentComplete"] == 50.0, "cut at \(cut)")
        }
        for (text, percent) in [
            ("\u{1B}[?1049h\(flood)\r45% of x\u{1B}[?1049l", nil),
            ("\(flood)\r50% of x\u{1B}[?1049h", 50.0 as JSONValue?),
        ] {
            let feed = RunFeed(outputCount: 1) { .zero }
            feed.take(Array(text.utf8), from: 0)
            feed.finish()
            var reading = RunReading(of: feed)
            let last = reading.finalReport(isSuccess: false)
            #expect(last?.details?["percentComplete"] == percent, "The text of a full-screen program is no progress.")
        }
        let switches: [(String, Bool?)] = [
            ("", nil), ("\u{1B}[?25l", nil), ("\u{1B}[?47h", true), ("\u{1B}[?1047l\u{1B}", false),
            ("\u{1B}[?1049h \u{1B}[?1049l \u{1B}[?1049h\u{1B}[?104", true),
        ]
        for (text, screen) in switches {
            #expect(ScreenSwitch.last(in: Array(text.utf8)) == screen, "\(text.debugDescription)")
        }
    }

    @Test("The query of OSC 7501 is removed wherever a chunk cuts it; all other bytes stay")
    func filters() {
        for end in ["\u{1B}\\", "\u{7}"] {
            let text = Array(
                "a\u{1B}[1mb\u{1B}\u{1B}]7501;?\(end)c\u{1B}]7501;state=idle\(end)d\u{1B}]7501;??\(end)".utf8
            )
            let expected = Array("a\u{1B}[1mb\u{1B}c\u{1B}]7501;state=idle\(end)d\u{1B}]7501;??\(end)".utf8)
            for size in 2...text.count {
                var filter = QueryFilter()
                var bytes: [UInt8] = []
                var count = 0
                for start in stride(from: 0, to: text.count, by: size) {
                    let taken = filter.take(text[start..<min(start + size, text.count)])
                    bytes += taken.bytes
                    count += taken.queryCount
                }
                bytes += filter.finish()
                #expect(bytes == (count == 1 ? expected : text), "chunks of \(size)")
                if size > 10 { #expect(count == 1) }
            }
        }
    }
}
