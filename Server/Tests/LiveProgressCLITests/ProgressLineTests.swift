// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress
import Testing

@testable import LiveProgressCLI

/// Returns a snapshot for the tests of this folder.
func snapshot(
    _ state: String = "Processing",
    status: ProgressStatus = .running,
    counts: ProgressCounts? = nil,
    details: JSONValue = .null,
    revision: UInt64 = 1,
    outcome: ProgressOutcome? = nil
) -> ProgressSnapshot {
    ProgressSnapshot(
        id: ProgressID("import-7"),
        cursor: ProgressCursor(epoch: "k3f9", revision: revision),
        status: outcome?.status ?? status,
        state: state,
        details: details,
        counts: counts,
        outcome: outcome,
        createdAt: Date(timeIntervalSince1970: 0),
        updatedAt: Date(timeIntervalSince1970: 0)
    )
}

@Suite("The progress line of a terminal")
struct ProgressLineTests {
    private static let half = ProgressCounts(
        completedCount: 50,
        totalCount: 100,
        unit: "rows",
        fractionCompleted: 0.5,
        throughput: 12.4,
        estimatedTimeRemaining: 4
    )

    @Test(
        "a narrower terminal drops parts of the line in a fixed order",
        arguments: [
            (100, "▕██████████░░░░░░░░░░▏   50%  50/100 rows  12.4 rows/s  4s left  Processing"),
            (70, "▕██████████░░░░░░░░░░▏   50%  50/100 rows  12.4 rows/s  Processing"),
            (60, "▕██████████░░░░░░░░░░▏   50%  50/100 rows  Processing"),
            (50, "▕██████████░░░░░░░░░░▏   50%  Processing"),
            (36, "▕████████░░░░░░░░▏   50%  Processing"),
            (28, "▕████░░░░▏   50%  Processing"),
            (20, " 50%  Processing"),
            (12, " 50%  Proce…"),
            (4, " 50%"),
            (3, ""),
        ]
    )
    func narrows(width: Int, line: String) {
        #expect(ProgressLine(width: width).render(snapshot(counts: Self.half)) == line)
    }

    @Test(
        "the line shows each kind of status and outcome",
        arguments: [
            (snapshot("Pending", status: .pending), "Pending"),
            (snapshot("Reading", counts: ProgressCounts(completedCount: 7, unit: "files")), "7 files  Reading"),
            (snapshot("Copying", status: .stalled), "stalled: Copying"),
            (snapshot("Copying", status: .cancelling), "cancelling: Copying"),
            (snapshot(outcome: .succeeded()), "ok: succeeded"),
            (snapshot(counts: half, outcome: .succeeded()), "ok: succeeded  50/100 rows"),
            (snapshot(outcome: .cancelled), "stop: cancelled"),
            (snapshot(outcome: .failed(ProgressProblem(title: "Disk full"))), "error: failed: Disk full"),
            (
                snapshot(outcome: .failed(ProgressProblem(title: "Disk full", detail: "No room on /data"))),
                "error: failed: Disk full: No room on /data"
            ),
            (
                snapshot(counts: ProgressCounts(completedCount: 10, totalCount: 10, fractionCompleted: 1)),
                "[####################]  100%  10/10  Processing"
            ),
            (
                snapshot(counts: ProgressCounts(completedCount: 999, totalCount: 1000, fractionCompleted: 0.999)),
                "[###################-]   99%  999/1000  Processing"
            ),
        ]
    )
    func states(snapshot: ProgressSnapshot, line: String) {
        #expect(ProgressLine(width: 80, usesUnicode: false).render(snapshot) == line)
    }

    @Test("the bar and the outcome are coloured, and the line has no escape codes if colour is off")
    func colours() {
        let line = ProgressLine(width: 50, usesColor: true, usesUnicode: false)
        #expect(
            line.render(snapshot(counts: Self.half))
                == "[\u{1B}[36m##########\u{1B}[0m----------]   50%  Processing"
        )
        #expect(line.render(snapshot(outcome: .succeeded())) == "\u{1B}[32mok: succeeded\u{1B}[0m")
        #expect(line.render(snapshot("Copying", status: .stalled)) == "\u{1B}[33mstalled: Copying\u{1B}[0m")
    }

    @Test(
        "control characters in a state do not reach the terminal",
        arguments: [
            ("a\u{1B}[2Jb", "a[2Jb"), ("a\rb\nc\td", "a b c d"), ("\u{9B}31mred", "31mred"), ("x\u{7F}\u{0}y", "xy"),
            ("abc\u{202E}def", "abcdef"), ("\u{1B}]0;title\u{7}z", "]0;titlez"), ("  a  \n ", "a"), ("", ""),
            ("año 日本 👩‍🚀", "año 日本 👩‍🚀"), ("a\u{2028}b\u{E0041}", "a b"),
        ]
    )
    func safe(text: String, clean: String) {
        #expect(ProgressLine(width: 80).render(snapshot(text)) == clean)
    }

    @Test("the line is never wider than the terminal", arguments: 0...100)
    func bounded(width: Int) {
        let texts = [
            "", "x", "日本語の長い状態の説明です", "👩‍🚀👩‍🚀👩‍🚀👩‍🚀", String(repeating: "long ", count: 60), "e\u{301}e\u{301}e\u{301}",
        ]
        let counts: [ProgressCounts?] = [
            nil, Self.half,
            ProgressCounts(completedCount: .max, totalCount: .max, unit: "単位", fractionCompleted: .nan),
            ProgressCounts(completedCount: 5, unit: String(repeating: "u", count: 90), throughput: .infinity),
            ProgressCounts(
                completedCount: 1,
                totalCount: 3,
                unit: "bytes",
                fractionCompleted: 0.3,
                throughput: 1e300,
                estimatedTimeRemaining: -5
            ),
        ]
        for text in texts {
            for count in counts {
                for unicode in [true, false] {
                    let line = ProgressLine(width: width, usesUnicode: unicode)
                    for outcome in [nil, .succeeded(), .failed(ProgressProblem(title: text))] as [ProgressOutcome?] {
                        let rendered = line.render(snapshot(text, counts: count, outcome: outcome))
                        #expect(TextWidth.columns(rendered) <= width, "\(rendered)")
                    }
                }
            }
        }
    }
}
