// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension JSONParser {
    /// Parses a number: exact if it is a 64-bit integer, otherwise the nearest `Double` (RFC 8259 section 6).
    mutating func parseNumber() throws(JSONError) -> JSONValue {
        let start = position
        let isNegative = consume("-")
        var decimal = Decimal()
        if consume("0") {
            if let byte = next, Self.isDigit(byte) { throw expected("no digit after a leading zero") }
        } else {
            try parseDigits(into: &decimal, isFraction: false)
        }
        var isInteger = true
        if consume(".") {
            isInteger = false
            try parseDigits(into: &decimal, isFraction: true)
        }
        if consume("e") || consume("E") {
            isInteger = false
            try parseExponent(into: &decimal)
        }
        if isInteger, let value = decimal.integer(isNegative: isNegative) { return .integer(value) }
        if let value = decimal.exactDouble { return .number(isNegative ? -value : value) }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw JSONError(
                offset: start,
                expected: "a number that a 64-bit floating-point value can hold",
                isOutOfRange: true
            )
        }
        return .number(value)
    }

    private mutating func parseDigits(into decimal: inout Decimal, isFraction: Bool) throws(JSONError) {
        guard let first = next, Self.isDigit(first) else { throw expected("a digit") }
        while let byte = next, Self.isDigit(byte) {
            decimal.append(digit: byte &- UInt8(ascii: "0"), isFraction: isFraction)
            position += 1
        }
    }

    private mutating func parseExponent(into decimal: inout Decimal) throws(JSONError) {
        let isNegative = consume("-")
        if !isNegative { _ = consume("+") }
        guard let first = next, Self.isDigit(first) else { throw expected("a digit") }
        var exponent = 0
        while let byte = next, Self.isDigit(byte) {
            // The limit prevents an overflow, and is far larger than the number of digits in any text.
            exponent = min(exponent * 10 + Int(byte &- UInt8(ascii: "0")), 1 << 48)
            position += 1
        }
        decimal.exponent += isNegative ? -exponent : exponent
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }

    /// The digits read so far, as `significand × 10^exponent`.
    private struct Decimal {
        var significand: UInt64 = 0
        var exponent = 0
        var isTooLong = false

        mutating func append(digit: UInt8, isFraction: Bool) {
            let (tenfold, overflow) = significand.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tenfold.addingReportingOverflow(UInt64(digit))
            isTooLong = isTooLong || overflow || carry
            significand = sum
            if isFraction { exponent -= 1 }
        }

        /// Returns the value as a 64-bit integer with the sign, or `nil` if it does not fit.
        func integer(isNegative: Bool) -> Int64? {
            if isTooLong { return nil }
            guard isNegative else { return Int64(exactly: significand) }
            return significand <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- significand) : nil
        }

        /// The value, if a single operation on exact operands rounds it correctly (Clinger, 1990).
        var exactDouble: Double? {
            guard !isTooLong, significand <= 1 << 53, abs(exponent) < JSONParser.powersOfTen.count else { return nil }
            let power = JSONParser.powersOfTen[abs(exponent)]
            return exponent < 0 ? Double(significand) / power : Double(significand) * power
        }
    }

    /// The powers of ten that a `Double` holds exactly.
    private static let powersOfTen: [Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]
}
