// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FoundationEssentials
internal import FuzzSupport

@_spi(Server) @testable internal import LiveProgressWire

/// Checks that the text of a parsed date can be parsed again, and gives the same text.
func checkTimestamp(_ text: String) {
    guard let date = ProgressTimestamp.parse(text) else { return }
    let written = ProgressTimestamp.format(date)
    expectEqual(written.utf8.count, 24, "the length of \(written)")
    guard let again = ProgressTimestamp.parse(written) else { fail("\(written) is not read") }
    expectEqual(written, ProgressTimestamp.format(again), "written, and written again")
    guard years.contains(date.timeIntervalSince1970) else { return }
    expect(abs(date.timeIntervalSince(again)) <= 0.000_6, "\(text) became \(written)")
}

/// Checks that the text of any date can be parsed, and that a date within `years` is exact to the millisecond.
func checkDate(_ bytes: ArraySlice<UInt8>) {
    let pattern = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let seconds = Double(bitPattern: pattern)
    let written = ProgressTimestamp.format(Date(timeIntervalSince1970: seconds))
    guard let again = ProgressTimestamp.parse(written) else { fail("\(written) is not read") }
    guard years.contains(seconds) else { return }
    expect(abs(again.timeIntervalSince1970 - seconds) <= 0.000_6, "\(seconds) became \(written)")
}

/// The range from the first millisecond of the year 0 to the last of the year 9999; other dates are clamped to it.
private let years = -62_167_219_200.0...253_402_300_799.999
