// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressCLI

@Suite("Plain lines")
struct PlainLinesTests {
    private func update(_ snapshot: ProgressSnapshot, skipped: UInt64 = 0) -> ProgressEvent {
        ProgressEvent(kind: .update, snapshot: snapshot, skipped: skipped, resumed: nil)
    }

    private func ticks(_ count: Int64) -> ProgressSnapshot {
        snapshot(counts: ProgressCounts(completedCount: count, totalCount: 10, fractionCompleted: Double(count) / 10))
    }

    @Test("every change of state is written immediately, and a change of counts at most once per interval")
    func quietens() {
        var lines = PlainLines()
        #expect(lines.lines(for: update(ticks(1)), now: .zero) == [" 10%  1/10  Processing"])
        #expect(lines.lines(for: update(ticks(2)), now: .milliseconds(900)) == [])
        #expect(lines.lines(for: update(ticks(3)), now: .milliseconds(1000)) == [" 30%  3/10  Processing"])
        #expect(lines.lines(for: update(ticks(3)), now: .seconds(9)) == [])
        #expect(lines.lines(for: update(snapshot("Cleaning")), now: .milliseconds(1001)) == ["Cleaning"])
        #expect(
            lines.lines(for: update(snapshot("Cleaning", details: ["file": "a"])), now: .milliseconds(1002))
                == ["Cleaning (file: a)"]
        )
        #expect(lines.lines(for: update(snapshot(outcome: .succeeded())), now: .seconds(2)) == ["ok: succeeded"])
    }

    @Test("a fraction without counts is written")
    func fractions() {
        var lines = PlainLines()
        for (second, percent) in [(0, 10), (1, 20), (2, 20), (3, 30)] {
            let counts = ProgressCounts(completedCount: 0, fractionCompleted: Double(percent) / 100)
            let told = lines.lines(for: update(snapshot(counts: counts)), now: .seconds(second))
            #expect(told == (second == 2 ? [] : [" \(percent)%  Processing"]))
        }
    }

    @Test("the number of skipped revisions is written")
    func skipped() {
        var lines = PlainLines()
        _ = lines.lines(for: update(ticks(1)), now: .zero)
        #expect(
            lines.lines(for: update(ticks(5), skipped: 3), now: .zero)
                == ["(3 revisions skipped)", " 50%  5/10  Processing"]
        )
    }
}
