// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressCLI

/// Tests how consecutive bars of an output change the counts of the operation.
@Suite struct RunBarsTests {
    /// An output, its name in the test report, and its number of bars.
    struct Story: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let output: TimedOutput
        let count: Int64
        /// The total of the first lasting bar: 100 if the bar has only a percentage.
        let firstTotal: Int64

        init(_ name: String, _ output: TimedOutput, count: Int64 = 1, firstTotal: Int64 = 100) {
            testDescription = name
            self.output = output
            self.count = count
            self.firstTotal = firstTotal
        }
    }

    /// Returns one line for each percentage, every 120 ms.
    static func drawn(_ percents: some Sequence<Int>, from start: Int = 0, _ line: (Int) -> String) -> TimedOutput {
        percents.enumerated().map { (start + $0.offset * 120, line($0.element)) }
    }

    /// Returns the outputs one after the other.
    static func joined(_ outputs: [TimedOutput], pause: Int = 120) -> TimedOutput {
        outputs.reduce(into: []) { whole, next in
            let start = whole.last.map { $0.at + pause } ?? 0
            whole += next.map { (start + $0.at, $0.text) }
        }
    }

    static func percent(_ value: Int) -> String {
        String(repeating: " ", count: 3 - String(value).count) + "\(value)%"
    }

    /// Returns the output of several downloads, each up to the percentage `last`.
    static func files(_ names: [String], to last: Int = 100, lineEnd: String = "\n") -> TimedOutput {
        joined(
            names.map { name in
                drawn(stride(from: 0, through: last, by: 10)) { "\r\(name) \(percent($0))" } + [(1200, lineEnd)]
            }
        )
    }

    static func rsyncLine(_ bytes: String = "1,234,567") -> (Int) -> String {
        { "\r      \(bytes) \(percent($0))    1.20MB/s    0:00:01" }
    }

    static let severalBars = [
        Story("four downloads", files(["a.bin", "b.bin", "c.bin", "d.bin"]), count: 4),
        Story("numbered downloads", files(["part1", "part2", "part3", "part4"]), count: 4),
        Story("downloads named by numbers only", files(["1/4:", "2/4:", "3/4:", "4/4:"]), count: 4),
        Story("downloads on one line", files(["a", "b", "c", "d"], lineEnd: ""), count: 4),
        Story("downloads without a name", files(["", "", "", ""]), count: 4),
        Story(
            "bars that end below 100 %",
            joined([files(["Lists", "Tree", "State"], to: 90), drawn(0...90) { "\rCache \(percent($0))" }]),
            count: 4
        ),
        Story(
            "the same bar again after a failure",
            joined([files(["a", "a", "a"], to: 80), drawn(0...90) { "\ra \(percent($0))" }]),
            count: 4
        ),
        Story("curl -# of three files", RunBarFixtures.curlBars, count: 3),
        Story(
            "small files without a name after a large one",
            joined([files([""])] + (0..<4).map { _ in [(0, "\r  0%"), (100, "\r100%\n")] }),
            count: 5
        ),
        Story("git's phases", RunBarFixtures.gitPhases, count: 4, firstTotal: 1208),
        Story("tqdm in tqdm", RunBarFixtures.tqdmInTqdm(outer: "outer:", inner: "inner:"), count: 4),
        Story("tqdm in tqdm without names", RunBarFixtures.tqdmInTqdm(outer: "", inner: ""), count: 4),
        Story(
            "wget's dots of three files",
            joined(
                (0..<3).map { _ in
                    drawn(stride(from: 0, through: 100, by: 10)) {
                        "\($0 * 10)K .......... .......... .......... \(percent($0)) 2.87M 7s\n"
                    }
                }
            ),
            count: 3
        ),
        Story(
            "progress escape codes, removed in between",
            joined(
                (0..<4).map { _ in
                    drawn(stride(from: 0, through: 90, by: 15)) { "\u{1B}]9;4;1;\($0)\u{7}" } + [
                        (900, "\u{1B}]9;4;0;\u{7}")
                    ]
                }
            ),
            count: 4
        ),
    ]

    @Test(
        "Each of several consecutive bars is counted, and a success completes all of them",
        arguments: severalBars
    )
    func countsBars(story: Story) {
        let playback = RunPlayback(story.output)
        #expect(
            playback.counts.first?.total == story.firstTotal,
            "the first lasting bar sets the counts of the operation"
        )
        // The last bar ends when the command ends, or before.
        #expect(playback.phases.filter { (1..<story.count).contains($0) } == Array(1..<story.count))
        #expect(playback.phases == playback.phases.sorted())
        #expect(playback.counts.last == .init(completed: story.count, total: story.count, unit: "phases"))
    }

    static let oneBar = [
        Story(
            "the total grows",
            drawn(
                Array(stride(from: 0, through: 40, by: 4)) + Array(stride(from: 22, through: 70, by: 4))
                    + Array(stride(from: 55, through: 100, by: 5)),
                rsyncLine()
            ) + [(5000, "\n")]
        ),
        Story("rsync finds more", RunBarFixtures.rsyncFindingMore),
        Story(
            "rsync finds many more files",
            joined([
                drawn(0...40, rsyncLine("1,234,567")), drawn(3...40, rsyncLine("2,345,678")),
                drawn(2...50, rsyncLine("3,456,789")), drawn(4...100, rsyncLine("4,567,890")),
            ])
        ),
        Story(
            "the total grows after 100 %",
            drawn(
                Array(stride(from: 0, through: 100, by: 10)) + Array(stride(from: 60, through: 100, by: 10))
                    + Array(stride(from: 80, through: 100, by: 5))
            ) { "\rChecking \(percent($0))" }
        ),
        Story(
            "counts with a growing total",
            joined(
                [(10, 100), (95, 200), (185, 4000), (3700, 8000)].map { first, total in
                    drawn(stride(from: first, through: total * 9 / 10, by: total / 10)) {
                        "\rWork \(percent($0 * 100 / total)) \($0)/\(total)"
                    }
                } + [[(0, "\rWork 100% 8000/8000")]]
            )
        ),
        Story(
            "a long name that scrolls in its column",
            drawn(stride(from: 0, through: 100, by: 4)) { value in
                "\r\("a-name-that-is-very-long-indeed.iso".dropFirst(value / 4).prefix(10)) \(percent(value))"
            }
        ),
        Story("a jittering value", drawn([0, 20, 40, 38, 41, 60, 56, 58, 80, 76, 100]) { "\rLoad \(percent($0))" }),
        Story(
            "changing amounts and times beside the percentage",
            drawn([0, 30, 60, 45, 70, 55, 80, 100]) { "\r[\($0)m\($0)s] \($0 / 7).5 MiB/s ⠋ Load: \(percent($0))" }
        ),
    ]

    @Test(
        "Invariant 8: a bar whose total grows stays one bar: its count never falls and stays in percent",
        arguments: oneBar
    )
    func holdsBar(story: Story) {
        let playback = RunPlayback(story.output)
        #expect(playback.units == ["%"])
        let completed = playback.counts.map(\.completed)
        #expect(completed.count >= 3 && completed == completed.sorted())
        #expect(playback.counts.last == .init(completed: 100, total: 100, unit: "%"))
    }

    @Test("A failure does not change the counts")
    func keepsFiguresOfFailure() {
        let playback = RunPlayback(Self.files(["a.bin"], to: 60), isSuccess: false)
        #expect(playback.counts.last == .init(completed: 60, total: 100, unit: "%"))
        #expect(playback.reports.last?.details?["percentComplete"]?.doubleValue == 60)
    }

    @Test("A success completes a bar that ended below 100 %")
    func completesBar() {
        let playback = RunPlayback(Self.files(["a.bin"], to: 90))
        #expect(playback.counts.last == .init(completed: 100, total: 100, unit: "%"))
        #expect(playback.reports.last?.details == .null)
    }

    @Test("The bytes of several transfers without a total are added")
    func addsUpBytes() {
        let transfers = Array(repeating: RunFixtures.curlWithoutLength, count: 3).joined()
        let rows = transfers.split(separator: "\r").enumerated().map { ($0.offset * 1000, "\($0.element)\r") }
        let counts = RunPlayback(rows).counts
        #expect(counts.map(\.completed) == counts.map(\.completed).sorted())
        #expect(counts.last == .init(completed: 59_768_832, total: nil, unit: "bytes"))
    }

    @Test("A file with another total counts as a new bar, even if the percentage does not fall")
    func countsOtherTotals() {
        func row(_ done: String, _ total: String, _ percent: Int) -> String {
            "\r\(percent) \(total) \(percent) \(done) 0 0 100k 0 0:00:10 0:00:05 0:00:05 100k"
        }
        let playback = RunPlayback([
            (0, row("100k", "1000k", 10)), (1000, row("500k", "1000k", 50)), (2000, row("1000k", "1000k", 100)),
            (3000, row("500k", "500k", 100)), (4000, row("200k", "200k", 100)), (5000, row("100k", "200k", 50)),
        ])
        #expect(playback.counts.first == .init(completed: 102_400, total: 1_024_000, unit: "bytes"))
        #expect(playback.phases == [2, 3])
        #expect(playback.counts.last == .init(completed: 4, total: 4, unit: "phases"))
    }

    @Test("Invariant 10: 40 bars are counted, but only a few are stored")
    func boundsBars() {
        let names = (0..<40).map { String(repeating: "x", count: $0 + 1) }
        let counts = RunPlayback(Self.files(names, to: 90)).counts
        #expect(counts.last == .init(completed: 40, total: 40, unit: "phases"))
    }
}
