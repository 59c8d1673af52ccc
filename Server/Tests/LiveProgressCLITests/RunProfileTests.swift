// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import LiveProgressCLI

@Suite struct RunProfileTests {
    static let percentages: [(String, Double?)] = [
        ("45%", 45), ("12.5%", 12.5), ("12,5 %", 12.5), ("0%", 0), ("100.0%", 100), ("done (7%)", 7),
        ("Training:   5%|▌  | 10/200", 5), ("a 10% b 50%", 10), ("x.. 8%", 8), ("[ 45%] Building", 45),
        ("101%", nil), ("-5%", nil), ("1.2.3%", nil), ("x5%", nil), ("5%20b", nil), ("100%25", nil), ("%", nil),
        ("", nil), ("percent", nil), ("999999999999999999999%", nil), (".%", nil), ("v1.5%", nil), ("5%%", 5),
        ("150% of 30%", 30),
    ]

    @Test("A percentage is a separate number from 0 to 100 before a percent sign", arguments: percentages)
    func findsPercentages(text: String, expected: Double?) {
        #expect(PercentText(in: text)?.value == expected)
    }

    static func percents(_ output: String) -> [Double] {
        readings(output).compactMap(\.percent)
    }

    static func readings(_ output: String) -> [LineReading] {
        var profiles = OutputProfiles.all
        return RunScannerTests.events(output).compactMap { event in
            guard case .line(let line) = event else { return nil }
            return profiles.read(line)
        }
    }

    static let tools = [
        Recording("curl -#", RunFixtures.curlBar, [5, 10, 15, 85, 90, 95, 100]),
        Recording("rsync", RunFixtures.rsync, [0, 41, 83, 100]),
        Recording("pv", RunFixtures.pv, [41, 83, 100]),
        Recording("tqdm", RunFixtures.tqdm, [0, 5, 10, 90, 95, 100, 100]),
        Recording("cmake", RunFixtures.cmake, [11, 22, 33, 44, 55, 66, 77, 88, 100, 100]),
        Recording("apt", RunFixtures.apt, [0, 49, 100]),
        Recording("dd", RunFixtures.dd, []),
        Recording("pip", RunFixtures.pip, [0, 100 * 2_100_000 / 7_100_000.0, 100]),
    ]

    @Test("The percentages in the output of real programs are found", arguments: tools)
    func readsTools(recording: Recording) {
        #expect(Self.percents(recording.output) == recording.percents)
    }

    @Test("The dots and the bar of wget rise to 100")
    func readsWget() {
        for output in [RunFixtures.wgetDots, RunFixtures.wgetBar] {
            let percents = Self.percents(output)
            #expect(percents.count >= 5 && percents.last == 100)
            #expect(percents == percents.sorted())
        }
    }

    @Test("The meter of curl gives counts in bytes")
    func readsCurlMeter() {
        let readings = Self.readings(RunFixtures.curlMeter).filter { $0.percent != nil }
        #expect(
            readings.map(\.completedCount) == [1953, 4882, 8789].map { $0 * 1024 } + [
                12_897_485, 16_986_931, 19_922_944,
            ]
        )
        #expect(readings.allSatisfy { $0.totalCount == 19_922_944 && $0.unit == "bytes" })
        #expect(readings.last?.percent == 100)
    }

    @Test("The meter of curl without a total gives only the completed bytes")
    func readsCurlMeterWithoutTotal() {
        let readings = Self.readings(RunFixtures.curlWithoutLength)
        #expect(readings.allSatisfy { $0.percent == nil && $0.totalCount == nil })
        #expect(readings.last?.completedCount == 19_922_944)
    }

    @Test(
        "A similar table is not read as the meter of curl",
        arguments: [
            "1 2 3 4 5 6 7 8 9 10 11 12",
            "9999999T 9999999T 9 8999999P 9 8999999P 0 0 --:--:-- --:--:-- --:--:-- 0",
            "  5 100M    5 5120k    0     0",
        ]
    )
    func refusesOtherTables(text: String) {
        #expect(CurlMeterProfile().read(OutputLine(text: text, isRedrawn: true)) == nil)
    }

    static let steps: [(OutputLine, LineReading)] = [
        (OutputLine(text: "Compiling x.c", isRedrawn: false), LineReading(step: "Compiling x.c")),
        (OutputLine(text: "coverage: 85%", isRedrawn: false), LineReading(step: "coverage: 85%")),
        (OutputLine(text: "[ 45%] Building C", isRedrawn: false), LineReading(step: "Building C", percent: 45)),
        (
            OutputLine(text: "Training:  10%|██  | 2/20", isRedrawn: true),
            LineReading(step: "Training", label: "Training", percent: 10, completedCount: 2, totalCount: 20)
        ),
        (OutputLine(text: "####    12.3%", isRedrawn: true), LineReading(percent: 12.3)),
        (
            OutputLine(text: "(Reading database ... 5%", isRedrawn: true),
            LineReading(step: "(Reading database")
        ),
        (OutputLine(text: "1,234  45%  12MB/s", isRedrawn: true), LineReading(percent: 45)),
        (
            OutputLine(text: "1,234  45%  12.00MB/s  0:00:01", isRedrawn: true),
            LineReading(percent: 45, completedCount: 1234)
        ),
        (
            OutputLine(text: "━━━╸━━ 2.1/7.1 MB", isRedrawn: true),
            .counted((2_100_000, 7_100_000), "bytes", label: "7100000")
        ),
        (OutputLine(text: "━━━━", isRedrawn: true), LineReading()),
    ]

    static let labels: [(String, BarText)] = [
        ("Training:  10%|██  | 2/20", BarText(label: "Training", completedCount: 2, totalCount: 20)),
        (
            "remote: Counting objects:  58% (701/1208)",
            BarText(label: "remote Counting objects", completedCount: 701, totalCount: 1208)
        ),
        ("8.00MiB 0:00:01 [8.00MiB/s] [====>    ] 41% ETA 0:00:01", BarText(label: "")),
        ("backup: 900KiB 1d2h [1.5MB/s] 41%", BarText(label: "backup")),
        ("/dev/null   5%[>        ] 984.56K", BarText(label: "dev/null")),
        ("⠋ Load ▌ 10%", BarText(label: "Load")),
        ("3f4a9c: 33%", BarText(label: "3f4a9c")), ("part2 33%", BarText(label: "part2")),
        ("2.iso 33%", BarText(label: "2.iso")),
        ("Epoch 3/10: 30%", BarText(label: "Epoch")), ("[3/10] 45% 12/31/2026", BarText(label: "")),
        ("[#a1f3 400.0KiB/33.2MiB(1%) ETA:4m51s]", BarText(label: "a1f3")),
        ("50% 0/0 7/5 99999999999999999999/1 1/2", BarText(label: "", completedCount: 1, totalCount: 2)),
    ]

    @Test("A bar is identified by the words before its figures, and by counts that match", arguments: labels)
    func findsLabels(text: String, expected: BarText) throws {
        let percent = try #require(PercentText(in: text))
        #expect(BarText(text, percent: percent) == expected)
    }

    @Test("The step is the words beside the figures, or the whole line if it has no figures", arguments: steps)
    func findsSteps(line: OutputLine, expected: LineReading) {
        var profiles = OutputProfiles.all
        #expect(profiles.read(line) == expected)
    }
}

/// The output of a program, with the program's name in the test report.
struct Recording: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let output: String
    let percents: [Double]

    init(_ name: String, _ output: String, _ percents: [Double] = []) {
        testDescription = name
        self.output = output
        self.percents = percents
    }
}
