// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressCLI

/// Tests several bars that a program draws in turn.
@Suite struct RunParallelBarsTests {
    static let besides = [
        RunBarsTests.Story("downloads", beside(["a.bin", "b.bin"]), count: 2),
        RunBarsTests.Story("layers", beside(["3f4a9c:", "77b1d0:", "a61e42:"]), count: 3),
        RunBarsTests.Story("numbered workers", beside(["part1", "part2", "part3", "part4"]), count: 4),
        RunBarsTests.Story("the same words", beside(["part:", "part:"]), count: 2),
        RunBarsTests.Story(
            "a slow bar and a fast bar",
            RunBarsTests.drawn(0...80) { "\r\($0 % 2 == 0 ? RunBarsTests.percent(0) : RunBarsTests.percent($0))" },
            count: 2
        ),
        RunBarsTests.Story(
            "the same words and totals, in an irregular order",
            RunBarsTests.drawn(0...80) { step in
                let done = step % 5 < 2 ? step / 5 : step
                return "\rWork \(RunBarsTests.percent(done))| \(done)/100"
            },
            count: 2
        ),
        RunBarsTests.Story(
            "tqdm at two positions",
            RunBarsTests.drawn(0...40) { step in
                step % 2 == 0
                    ? "\rleft: \(RunBarsTests.percent(step))| \(step)/100"
                    : "\n\rright: \(RunBarsTests.percent(step * 2))|\u{1B}[A"
            },
            count: 2
        ),
        RunBarsTests.Story(
            "bars without a name",
            RunBarsTests.drawn(0...40) {
                $0 % 2 == 0 ? "\r\(RunBarsTests.percent($0))" : "\r\(RunBarsTests.percent($0 * 2))"
            },
            count: 2
        ),
    ]

    /// Returns bars that are drawn in turn.
    ///
    /// Each bar is faster than the next one, and the last bar stays far from its end.
    static func beside(_ names: [String]) -> TimedOutput {
        RunBarsTests.drawn(0..<(names.count * 12)) { step in
            let bar = step % names.count
            return "\r\(names[bar]) \(RunBarsTests.percent(min(100, (step / names.count) * 9 / (bar + 1))))"
        }
    }

    @Test("After a success of parallel bars, the counts are complete and the details are empty", arguments: besides)
    func completesBars(story: RunBarsTests.Story) throws {
        let playback = RunPlayback(story.output)
        let phases = playback.phases
        #expect(phases == phases.sorted())
        let last = try #require(playback.counts.last)
        #expect(last.completed == last.total)
        #expect(last.unit == "%" || last.completed == story.count)
        #expect(playback.reports.last?.details == .null)
    }

    @Test("A parallel bar is counted when it ends, not when another bar is drawn")
    func countsBarsBeside() {
        let output = RunBarsTests.drawn(0...80) { step in
            let name = ["left", "middle", "right"][step % 3]
            return "\r\(name) \(RunBarsTests.percent(min(100, step * [5, 3, 1][step % 3])))"
        }
        let playback = RunPlayback(output, isSuccess: false)
        #expect(playback.phases == [0, 1, 2])
        #expect(playback.reports.last?.details?["percentComplete"]?.doubleValue == 80)
    }

    @Test("A bar that is drawn again after it was counted does not lower the count")
    func holdsCount() {
        func bar(_ name: String, _ percents: ClosedRange<Int>) -> TimedOutput {
            RunBarsTests.drawn(percents) { "\r\(name) \(RunBarsTests.percent($0))" }
        }
        let output = RunBarsTests.joined([
            bar("slow", 0...50), bar("a", 0...30), bar("slow", 51...60), bar("a", 31...60), bar("slow", 61...70),
        ])
        #expect(RunPlayback(output, isSuccess: false).phases == [0, 1])
    }
}
