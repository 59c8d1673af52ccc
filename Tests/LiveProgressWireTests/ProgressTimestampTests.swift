// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
@_spi(Server) import LiveProgressWire
import Testing

@Suite("Timestamps")
struct ProgressTimestampTests {
    @Test(
        "A date is written in UTC, rounded to the millisecond, limited to the years 0000 to 9999",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (1_767_323_045.678, "2026-01-02T03:04:05.678Z"),
            (0.0004, "1970-01-01T00:00:00.000Z"), (0.0006, "1970-01-01T00:00:00.001Z"),
            (-0.001, "1969-12-31T23:59:59.999Z"), (951_782_400, "2000-02-29T00:00:00.000Z"),
            (951_868_799.999, "2000-02-29T23:59:59.999Z"), (951_868_800, "2000-03-01T00:00:00.000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000Z"), (-2_208_988_800, "1900-01-01T00:00:00.000Z"),
            (253_402_300_799.999, "9999-12-31T23:59:59.999Z"), (253_402_300_800, "9999-12-31T23:59:59.999Z"),
            (-62_167_219_200, "0000-01-01T00:00:00.000Z"), (-62_167_219_201, "0000-01-01T00:00:00.000Z"),
            (.infinity, "9999-12-31T23:59:59.999Z"), (-.infinity, "0000-01-01T00:00:00.000Z"),
            (.nan, "0000-01-01T00:00:00.000Z"), (1e300, "9999-12-31T23:59:59.999Z"),
        ] as [(Double, String)]
    )
    func formats(_ seconds: Double, _ text: String) {
        #expect(ProgressTimestamp.format(Date(timeIntervalSince1970: seconds)) == text)
    }

    @Test(
        "Every form of RFC 3339 is parsed",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01t00:00:00z", 0), ("1970-01-01T00:00:00.5Z", 0.5),
            ("1970-01-01T00:00:00.123456789Z", 0.123456789), ("1970-01-01T00:00:00.0010000000000000000009Z", 0.001),
            ("1970-01-01T01:00:00+01:00", 0), ("1969-12-31T23:30:00-00:30", 0), ("1970-01-01T00:00:00-00:00", 0),
            ("1990-12-31T23:59:60Z", 662_688_000), ("2000-02-29T00:00:00Z", 951_782_400),
            ("0000-01-01T00:00:00Z", -62_167_219_200), ("9999-12-31T23:59:59.999Z", 253_402_300_799.999),
        ] as [(String, Double)]
    )
    func parses(_ text: String, _ seconds: Double) throws {
        let date = try #require(ProgressTimestamp.parse(text))
        #expect(abs(date.timeIntervalSince1970 - seconds) < 0.000_1)
    }

    @Test(
        "Any other text is rejected",
        arguments: [
            "", "now", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01 00:00:00Z", "70-01-01T00:00:00Z",
            "1970-13-01T00:00:00Z", "1970-00-01T00:00:00Z", "1970-01-32T00:00:00Z", "1970-01-00T00:00:00Z",
            "1970-04-31T00:00:00Z", "1970-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2000-02-30T00:00:00Z",
            "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z", "1970-01-01T00:00:61Z", "1970-01-01T00:00:00.Z",
            "1970-01-01T00:00:00+01", "1970-01-01T00:00:00+0100", "1970-01-01T00:00:00+24:00",
            "1970-01-01T00:00:00+00:60", "1970-01-01T00:00:00ZZ", "1970-01-01T00:00:00Z ", "-1970-01-01T00:00:00Z",
            "1970-1-1T00:00:00Z", "１970-01-01T00:00:00Z", "1970-01-01T00:00Z",
        ]
    )
    func refuses(_ text: String) {
        #expect(ProgressTimestamp.parse(text) == nil)
    }

    @Test("Dates across 400 years are written like Foundation writes them, and parsed back")
    func agreesWithFoundation() throws {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for day in stride(from: -25_567.0, to: 120_530, by: 29) {
            let date = Date(timeIntervalSince1970: day * 86_400 + 12_345.5)
            let text = ProgressTimestamp.format(date)
            #expect(text == date.formatted(style))
            #expect(ProgressTimestamp.parse(text) == date)
        }
    }
}
