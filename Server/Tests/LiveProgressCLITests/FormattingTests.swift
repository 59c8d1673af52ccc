// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressCLI

@Suite("Formatted numbers")
struct FormattingTests {
    @Test(
        "a duration has at most two units",
        arguments: [
            (0.0, "<1s"), (0.99, "<1s"), (1, "1s"), (59.4, "59s"), (59.6, "1m 00s"), (65, "1m 05s"),
            (3599.6, "1h 00m"), (4020, "1h 07m"), (86400, "1d 00h"), (266_400, "3d 02h"), (-1, nil), (.nan, nil),
            (.infinity, nil), (1e12, nil),
        ] as [(Double, String?)]
    )
    func durations(seconds: Double, text: String?) {
        #expect(Formatting.duration(seconds: seconds) == text)
    }

    @Test(
        "a rate is per second, minute or hour: the shortest one that gives at least 1",
        arguments: [
            (12.4, "rows", "12.4 rows/s"), (12.4, nil, "12.4/s"), (1_500_000, "bytes", "1.5 MB/s"),
            (0.05, "files", "3.0 files/min"), (0.001, "files", "3.6 files/h"), (250, "rows", "250 rows/s"),
            (10_000, "rows", "10.0k rows/s"), (2_340_000, "rows", "2.3M rows/s"), (0, "rows", nil), (-1, "rows", nil),
            (.nan, "rows", nil), (.infinity, nil, nil), (1e300, "bytes", nil),
        ] as [(Double, String?, String?)]
    )
    func rates(perSecond: Double, unit: String?, text: String?) {
        #expect(Formatting.rate(perSecond, unit: unit) == text)
    }

    @Test(
        "counts are shown in their unit",
        arguments: [
            (ProgressCounts(completedCount: 3), "3"),
            (ProgressCounts(completedCount: 3, totalCount: 10, unit: "files"), "3/10 files"),
            (ProgressCounts(completedCount: 999, totalCount: 1000, unit: "bytes"), "999 B/1.0 kB"),
            (ProgressCounts(completedCount: 1_540_000, unit: "Bytes"), "1.5 MB"),
            (ProgressCounts(completedCount: .max, unit: "bytes"), "9.2 EB"),
            (ProgressCounts(completedCount: 1, unit: "a\u{1B}[31mb"), "1 a[31mb"),
        ]
    )
    func counts(counts: ProgressCounts, text: String) {
        #expect(Formatting.counts(counts) == text)
    }

    @Test("no count is shown if only a fraction is known")
    func fractionAlone() {
        #expect(Formatting.counts(ProgressCounts(completedCount: 0, fractionCompleted: 0.25)) == nil)
        #expect(Formatting.counts(ProgressCounts(completedCount: 3, fractionCompleted: 0.25)) == "3")
        #expect(Formatting.counts(ProgressCounts(completedCount: 0)) == "0")
    }

    @Test(
        "100 percent is shown only for a complete operation",
        arguments: [(0.0, 0), (0.004, 0), (0.5, 50), (0.9999, 99), (1, 100), (1.5, 100), (-1, 0), (.nan, 0)]
    )
    func percents(fraction: Double, percent: Int) {
        #expect(Formatting.percent(fraction) == percent)
    }
}
