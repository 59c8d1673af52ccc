// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import FoundationEssentials

/// The format of dates on the wire: RFC 3339 in UTC with milliseconds, such as `2026-01-02T03:04:05.678Z`.
@_spi(Server) public enum ProgressTimestamp {
    /// Returns the text of a date, rounded to the millisecond and clamped to the years 0 to 9999.
    @_spi(Server) public static func format(_ date: Date) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(24)
        append(date, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the text of a date, in the format of ``format(_:)``.
    static func append(_ date: Date, to bytes: inout [UInt8]) {
        // A comparison with NaN is false, so NaN becomes the first millisecond, like every date that is too early.
        let rounded = (date.timeIntervalSince1970 * 1000).rounded()
        let milliseconds = rounded >= Double(first) ? Int64(min(rounded, Double(last))) : first
        let (days, inDay) = milliseconds.flooringDivision(by: 86_400_000)
        let (year, month, day) = civil(days)
        append(year, digits: 4, then: "-", to: &bytes)
        append(month, digits: 2, then: "-", to: &bytes)
        append(day, digits: 2, then: "T", to: &bytes)
        append(inDay / 3_600_000, digits: 2, then: ":", to: &bytes)
        append(inDay / 60_000 % 60, digits: 2, then: ":", to: &bytes)
        append(inDay / 1000 % 60, digits: 2, then: ".", to: &bytes)
        append(inDay % 1000, digits: 3, then: "Z", to: &bytes)
    }

    /// Returns the date of an RFC 3339 text with any offset and any number of fraction digits, or `nil`.
    package static func parse(_ text: some StringProtocol) -> Date? {
        var scanner = Scanner(rest: Array(text.utf8)[...])
        guard let year = scanner.number(digits: 4), scanner.skip("-"),
            let month = scanner.number(digits: 2), scanner.skip("-"), (1...12).contains(month),
            let day = scanner.number(digits: 2), scanner.skip("T") || scanner.skip("t"),
            day >= 1, day <= length(ofMonth: month, year: year),
            let hour = scanner.number(digits: 2), scanner.skip(":"), hour < 24,
            let minute = scanner.number(digits: 2), scanner.skip(":"), minute < 60,
            // A leap second counts as the first second of the next minute.
            let second = scanner.number(digits: 2), second <= 60,
            let nanoseconds = scanner.fraction(), let offset = scanner.offset(), scanner.rest.isEmpty
        else { return nil }
        let seconds = ((self.days(year, month, day) * 24 + hour) * 60 + minute - offset) * 60 + second
        guard nanoseconds % 1_000_000 == 0 else {
            return Date(timeIntervalSince1970: Double(seconds) + Double(nanoseconds) / 1e9)
        }
        return Date(timeIntervalSince1970: Double(seconds * 1000 + nanoseconds / 1_000_000) / 1000)
    }

    /// The first millisecond of the year 0, and the last of the year 9999.
    private static let first = days(0, 1, 1) * 86_400_000
    private static let last = days(10_000, 1, 1) * 86_400_000 - 1

    private static func append(_ number: Int64, digits: Int, then mark: Unicode.Scalar, to bytes: inout [UInt8]) {
        var unit: Int64 = digits == 4 ? 1000 : digits == 3 ? 100 : 10
        while unit > 0 {
            bytes.append(UInt8(ascii: "0") + UInt8(number / unit % 10))
            unit /= 10
        }
        bytes.append(UInt8(ascii: mark))
    }

    private static func length(ofMonth month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Returns the days from 1970-01-01 to a date of the Gregorian calendar.
    ///
    /// Years are counted from March, so that the leap day is the last day. From March on, five months have 153 days;
    /// 400 years have 146,097 days.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let (era, yearOfEra) = (month > 2 ? year : year - 1).flooringDivision(by: 400)
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// Returns the date that is `days` after 1970-01-01: the inverse of ``days(_:_:_:)``.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = (days + 719_468).flooringDivision(by: 146_097)
        let leapDays = dayOfEra / 1460 - dayOfEra / 36_524 + dayOfEra / 146_096
        let yearOfEra = (dayOfEra - leapDays) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (era * 400 + yearOfEra + (month <= 2 ? 1 : 0), month, day)
    }

    /// A scanner of the rest of a text.
    private struct Scanner {
        var rest: ArraySlice<UInt8>

        mutating func skip(_ mark: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: mark) else { return false }
            rest.removeFirst()
            return true
        }

        mutating func digit() -> Int64? {
            guard let byte = rest.first, byte &- UInt8(ascii: "0") < 10 else { return nil }
            rest.removeFirst()
            return Int64(byte - UInt8(ascii: "0"))
        }

        mutating func number(digits: Int) -> Int64? {
            var number: Int64 = 0
            for _ in 0..<digits {
                guard let digit = digit() else { return nil }
                number = number * 10 + digit
            }
            return number
        }

        /// Returns the nanoseconds after the second: 0 without a fraction, `nil` for a point without digits.
        mutating func fraction() -> Int64? {
            guard skip(".") else { return 0 }
            guard var nanoseconds = digit().map({ $0 * 100_000_000 }) else { return nil }
            var unit: Int64 = 10_000_000
            while let digit = digit() {
                nanoseconds += digit * unit
                unit /= 10
            }
            return nanoseconds
        }

        /// Returns the minutes by which local time is ahead of UTC, or `nil`.
        mutating func offset() -> Int64? {
            if skip("Z") || skip("z") { return 0 }
            let isAhead = skip("+")
            guard isAhead || skip("-"), let hours = number(digits: 2), hours < 24, skip(":"),
                let minutes = number(digits: 2), minutes < 60
            else { return nil }
            return (isAhead ? 1 : -1) * (hours * 60 + minutes)
        }
    }
}

extension Int64 {
    /// Returns the quotient, rounded down, and the remainder, which is never negative.
    fileprivate func flooringDivision(by divisor: Int64) -> (Int64, Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
