// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The texts that a strict parser must accept or reject.
enum JSONTexts {
    static let valid: [(String, JSONValue)] = [
        // Literals and white space.
        ("null", .null), ("true", true), ("false", false), (" \t\r\n1 \t\r\n", 1), ("\"\"", ""),
        // Arrays and objects.
        ("[]", []), ("[ ]", []), ("[[],[[]]]", [[], [[]]]), ("[1,2 , 3]", [1, 2, 3]), ("[null,\"a\"]", [nil, "a"]),
        ("{}", [:]), ("{ }", [:]), (#"{"a":{"b":[]}}"#, ["a": ["b": []]]), (#"{"":0}"#, ["": 0]),
        (#"{ "a" : 1 , "b" : 2 }"#, ["a": 1, "b": 2]), (#"{"a":1,"a":null}"#, ["a": nil]),
        // Integers.
        ("0", 0), ("-0", 0), ("-1", -1), ("10", 10), ("9007199254740993", .integer(9_007_199_254_740_993)),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .number(9_223_372_036_854_775_808)),
        ("-9223372036854775809", .number(-9_223_372_036_854_775_808)),
        ("18446744073709551616", .number(18_446_744_073_709_551_616)),
        ("123456789012345678901234567890", .number(1.2345678901234568e29)),
        // Fractions and exponents.
        ("0.0", .number(0)), ("-0.0", .number(-0.0)), ("0.5", .number(0.5)), ("1.0", .number(1)),
        ("3.141592653589793", .number(.pi)), ("0.1", .number(0.1)), ("1e3", .number(1000)), ("1E3", .number(1000)),
        ("1e+3", .number(1000)), ("1e-3", .number(0.001)), ("0e+1", .number(0)), ("0e999999999999", .number(0)),
        ("-1.5e-2", .number(-0.015)), ("1e22", .number(1e22)), ("1e23", .number(1e23)),
        ("5e-324", .number(.leastNonzeroMagnitude)),
        ("1e-400", .number(0)), ("1e-99999999999999999999", .number(0)),
        ("1.7976931348623157e308", .number(.greatestFiniteMagnitude)),
        ("2.2250738585072011e-308", .number(Double.leastNormalMagnitude.nextDown)),
        ("0.000000000000000000000000000000000001", .number(1e-36)),
        ("9007199254740993.0", .number(9_007_199_254_740_992)), ("1.00000000000000011102230246251565404", .number(1)),
        ("1.00000000000000011102230246251565405", .number(1.0000000000000002)),
        // Strings.
        (#""a""#, "a"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041""#, "A"),
        (#""\u00e9\u00E9""#, "éé"),
        (#""\u0000""#, "\0"), (#""\u20ac""#, "€"), (#""\uFFFF""#, "\u{FFFF}"), (#""\ud83d\ude00""#, "😀"),
        (#""\uDBFF\uDFFF""#, "\u{10FFFF}"), (#""a\u005C\u0022b""#, "a\\\"b"), ("\"é€😀\"", "é€😀"),
        ("\"\u{7F}\"", "\u{7F}"), ("\"\u{2028}\u{2029}\"", "\u{2028}\u{2029}"), (#""[{\"a\":1}]""#, #"[{"a":1}]"#),
    ]

    static let invalid: [(String, Int, String)] = [
        // Too little or too much text.
        ("", 0, value), (" ", 1, value), ("1 2", 2, end), ("[]]", 2, end), ("{}}", 2, end), ("1,", 1, end),
        ("null1", 4, end), ("\u{FEFF}1", 0, value), ("1\u{A0}", 1, end), ("\u{C}1", 0, value), ("[]\0", 2, end),
        ("1//", 1, end), ("/**/1", 0, value),
        // Literals.
        ("nul", 0, "null"), ("nulL", 0, "null"), ("True", 0, value), ("tru", 0, "true"), ("fals", 0, "false"),
        ("NaN", 0, value), ("Infinity", 0, value), ("-Infinity", 1, digit), ("undefined", 0, value), ("'a'", 0, value),
        // Arrays.
        ("[", 1, value), ("[1", 2, inArray), ("[1,", 3, value), ("[1,]", 3, value), ("[,1]", 1, value),
        ("[1,,2]", 3, value), ("[1 2]", 3, inArray), ("[1}", 2, inArray), ("]", 0, value), ("[1:2]", 2, inArray),
        // Objects.
        ("{", 1, name), (#"{"a""#, 4, colon), (#"{"a":"#, 5, value), (#"{"a":1"#, 6, inObject), (#"{"a":1,}"#, 7, name),
        (#"{"a" 1}"#, 5, colon), (#"{"a",1}"#, 4, colon), ("{a:1}", 1, name), ("{1:1}", 1, name), ("{'a':1}", 1, name),
        (#"{"a":1 "b":2}"#, 7, inObject), (#"{"a":1,,"b":2}"#, 7, name), (#"{"a"::1}"#, 5, value),
        ("{null:1}", 1, name),
        // Numbers.
        ("-", 1, digit), ("+1", 0, value), ("01", 1, leadingZero), ("-01", 2, leadingZero), ("00", 1, leadingZero),
        (".5", 0, value), ("-.5", 1, digit), ("1.", 2, digit), ("1.e1", 2, digit), ("1e", 2, digit), ("1e+", 3, digit),
        ("1e1.5", 3, end), ("0x10", 1, end), ("1_000", 1, end), ("--1", 1, digit), ("- 1", 1, digit), ("１", 0, value),
        ("[1e400]", 1, range), ("-1e400", 0, range), ("1.5.5", 3, end),
        // Strings.
        ("\"", 1, closing), ("\"a", 2, closing), (#""\"#, 2, escape), (#""\""#, 3, closing), (#""\x41""#, 2, escape),
        (#""\'""#, 2, escape), (#""\U0041""#, 2, escape), (#""\u""#, 3, hex), (#""\u004""#, 6, hex),
        (#""\u00g1""#, 5, hex),
        (#""\u+123""#, 3, hex), ("\"\n\"", 1, control), ("\"a\tb\"", 2, control), ("\"\0\"", 1, control),
        ("\"\u{1F}\"", 1, control), (#""\ud83d""#, 7, low), (#""\ud83d\n""#, 8, low), (#""\ud83da""#, 7, low),
        (#""\ud83d\u0041""#, 9, low),
        (#""\ud83d\ud83d""#, 9, low), (#""\ude00""#, 3, noLow), (#""\uDFFF\uD800""#, 3, noLow),
        (#""\ud83d\u12""#, 11, hex),
    ]

    /// Malformed UTF-8 of RFC 3629: stray and missing continuation bytes, overlong forms, surrogates, values past
    /// U+10FFFF.
    static let malformedUTF8: [[UInt8]] = [
        [0x80], [0xBF], [0xC3], [0xC3, 0x28], [0xC0, 0x80], [0xC0, 0xAF], [0xC1, 0xBF], [0xE0, 0x80, 0x80],
        [0xE0, 0x9F, 0xBF], [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xE2, 0x82, 0x28], [0xED, 0xA0, 0x80],
        [0xED, 0xBF, 0xBF], [0xED, 0xA0, 0xBD, 0xED, 0xB8, 0x80], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
        [0xF0, 0x9F, 0x98], [0xF0, 0x9F, 0x28, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80],
        [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFE], [0xFF],
    ]

    private static let value = "a value"
    private static let end = "the end of the text"
    private static let digit = "a digit"
    private static let leadingZero = "no digit after a leading zero"
    private static let inArray = "a comma or the end of the array"
    private static let inObject = "a comma or the end of the object"
    private static let name = "a member's name in quotation marks"
    private static let colon = "a colon"
    private static let range = "a number that a 64-bit floating-point value can hold"
    private static let closing = "a closing quotation mark"
    private static let escape = "one of \" \\ / b f n r t u after a backslash"
    private static let hex = "four hexadecimal digits"
    private static let control = "an escape in place of a control character"
    private static let low = "the escape of a low surrogate"
    private static let noLow = "no low surrogate without a high one before it"
}
