// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FoundationEssentials
internal import FuzzSupport
internal import LiveProgressWire

/// A date that was read is written as a text that is read and written the same.
func checkTimestamp(_ text: String) {
    guard let date = ProgressTimestamp.parse(text) else { return }
    let written = ProgressTimestamp.format(date)
    expectEqual(written.utf8.count, 24, "the length of \(written)")
    guard let again = ProgressTimestamp.parse(written) else { fail("\(written) is not read") }
    expectEqual(written, ProgressTimestamp.format(again), "written, and written again")
    guard years.contains(date.timeIntervalSince1970) else { return }
    expect(abs(date.timeIntervalSince(again)) <= 0.000_6, "\(text) became \(written)")
}

/// Every date, however far, is written as one that can be read; within the years it is the nearest millisecond.
func checkDate(_ bytes: ArraySlice<UInt8>) {
    let pattern = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let seconds = Double(bitPattern: pattern)
    let written = ProgressTimestamp.format(Date(timeIntervalSince1970: seconds))
    guard let again = ProgressTimestamp.parse(written) else { fail("\(written) is not read") }
    guard years.contains(seconds) else { return }
    expect(abs(again.timeIntervalSince1970 - seconds) <= 0.000_6, "\(seconds) became \(written)")
}

/// From the first millisecond of the year 0 to the last of the year 9999: what lies beyond becomes one of these.
private let years = -62_167_219_200.0...253_402_300_799.999
