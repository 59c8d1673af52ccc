// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressCLI
import Testing

@testable import LiveProgressBench

@Suite("The figures of bench")
struct BenchFiguresTests {
    private static let figures = BenchFigures(
        watchers: 1000,
        handshakesPerSecond: 7900.4,
        handshakeNanoseconds: 82_000,
        connectionBytes: 5400,
        flatOut: [
            .init(updates: 1, perSecond: 130_000, processorNanoseconds: 7100),
            .init(updates: 32, perSecond: 2_100_000.6, processorNanoseconds: 310),
        ],
        paced: .init(
            updates: 32,
            perSecond: 32_000,
            processorNanoseconds: 7000,
            median: 900_000,
            percentile99: 4_040_000
        ),
        messages: 12_345_678,
        disordered: 0
    )

    @Test("the text shows one line for each measurement")
    func text() {
        #expect(
            Self.figures.text == """
                watchers        1,000
                handshakes      7,900/s, 82,000 ns of the server's processor time each
                memory          5.4 kB a connection
                one a write     130,000/s, 7,100 ns of the server's processor time each
                32 a write      2,100,001/s, 310 ns of the server's processor time each
                32 updates/s    32,000/s, half within 900 µs, 99 % within 4.0 ms
                messages        12,345,678, none lost, 0 out of order

                """
        )
    }

    @Test("the text says that memory is not known if the system gives no figure")
    func unknownMemory() {
        var figures = Self.figures
        figures.connectionBytes = nil
        #expect(figures.text.contains("memory          not known here\n"))
        #expect(figures.json["handshakes"]?["connectionBytes"] == .null)
    }

    @Test("the JSON contains the same figures")
    func json() {
        #expect(
            Self.figures.json == [
                "watchers": 1000,
                "handshakes": ["perSecond": 7900, "processorNanoseconds": 82000, "connectionBytes": 5400],
                "flatOut": [
                    ["updatesPerWrite": 1, "deliveriesPerSecond": 130_000, "processorNanoseconds": 7100],
                    ["updatesPerWrite": 32, "deliveriesPerSecond": 2_100_001, "processorNanoseconds": 310],
                ],
                "paced": [
                    "updatesPerSecond": 32, "deliveriesPerSecond": 32000, "processorNanoseconds": 7000,
                    "medianNanoseconds": 900_000, "percentile99Nanoseconds": 4_040_000,
                ],
                "messages": 12_345_678, "disordered": 0,
            ]
        )
    }

    @Test(
        "digits are grouped in threes",
        arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000")]
    )
    func groups(number: Int, text: String) {
        #expect(Formatting.grouped(number) == text)
    }
}
