// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar
import Testing

@Suite("Header fields that are lists")
struct FieldListTests {
    @Test(
        "A malformed element is skipped; the tokens around it are read",
        arguments: [
            (nil, []),
            ("", []),
            ("Upgrade", ["Upgrade"]),
            ("keep-alive, Upgrade", ["keep-alive", "Upgrade"]),
            (",a,,b ,\tc,", ["a", "b", "c"]),
            ("a b, \"x,y\", c", ["a", "c"]),
        ] as [(String?, [String])]
    )
    func tokens(field: String?, expected: [String]) {
        #expect(FieldList.tokens(field) == expected)
    }

    @Test("A quoted string without an end is scanned only once")
    func quotes() {
        let text = "first, x \"" + String(repeating: "\\\"", count: 500_000)
        #expect(FieldList.tokens(text) == ["first", "x"])
        #expect(FieldList.tokens("a \"b, c\" d, e \"f, g") == ["a", "e", "g"])
    }

    @Test(
        "A list of distinct tokens contains nothing else",
        arguments: [
            (nil, []), ("", []), ("a", ["a"]), (" a ,\tb,", ["a", "b"]), ("a,,b", ["a", "b"]), ("a, ,b", ["a", "b"]),
            ("A, a", ["A", "a"]), ("a, b, a", nil), ("a b", nil), ("a;x", nil), ("\"a\"", nil), ("a, ä", nil),
        ] as [(String?, [String]?)]
    )
    func distinctTokens(field: String?, expected: [String]?) {
        #expect(FieldList.distinctTokens(field) == expected)
    }

    @Test(
        "Commas outside of quotes separate elements",
        arguments: [
            ("", []), (" , \t,", []), ("a b , c", ["a b", "c"]), (#"a="b, c";d, e"#, [#"a="b, c";d"#, "e"]),
            (#"a="\", b", c"#, [#"a="\", b""#, "c"]), (#"a\"b, c"#, [#"a\"b, c"#]), (#"a, "b, c"#, ["a", #""b, c"#]),
        ]
    )
    func elements(field: String, expected: [String]) {
        #expect(FieldList.elements(field).map(String.init) == expected)
    }

    @Test(
        "An option matches in any letter case, and only as a whole list element",
        arguments: [
            ("upgrade", true), ("Keep-Alive, UPGRADE", true), (",,\t upgrade \t,", true), ("", false), (",", false),
            ("upgrades", false), ("up grade", false), ("upgrade;q=1", false), ("upgradé", false),
            ("UPGRADE\u{301}", false),
        ]
    )
    func lists(field: String, isListed: Bool) {
        #expect(FieldList.lists("upgrade", in: field) == isListed)
    }

    /// Upper-case and lower-case letters differ by one bit; this bit must not be ignored for other characters.
    @Test(
        "Only letters match regardless of case",
        arguments: [("a-b", true), ("A-B", true), ("A\rB", false), ("\u{1}-b", false)]
    )
    func matches(text: String, isMatch: Bool) {
        #expect(text.matches("a-b") == isMatch)
    }

    @Test(
        "Extensions are read with their parameters; a malformed list gives nil",
        arguments: [
            (nil, ""), ("", ""), (" , ", ""), ("a, b", "a|b"), (",a,,b,", "a|b"), ("a;x;y=1", "a;x;y=1"),
            ("a ; x\t; y = 1 , b", "a;x;y=1|b"), (#"a;y="10""#, "a;y=10"), (#"a;y="\1\0""#, "a;y=10"),
            ("a;x;x", "a;x;x"),
            ("a b", nil), ("a;", nil), ("a;;x", nil), ("a;x=", nil), ("a;=1", nil), ("a;x=\"", nil), ("a;x=\"\"", nil),
            ("a;x=\"1 0\"", nil), ("a;x=\"10\"b", nil), (";", nil), ("a/b", nil), ("ä", nil), ("a;x=ä", nil),
        ] as [(String?, String?)]
    )
    func extensions(field: String?, expected: String?) {
        let entries = FieldList.extensions(field)
        let texts = entries?.map { entry in
            ([entry.name] + entry.parameters.map { $0.name + ($0.value.map { "=\($0)" } ?? "") }).joined(separator: ";")
        }
        #expect(texts?.joined(separator: "|") == expected)
    }
}

@Suite("The parts of a header field value")
struct FieldScannerTests {
    @Test(
        "A quoted string is read without its escapes; a string without an end gives nil",
        arguments: [
            (#""""#, ""), (#""a b""#, "a b"), (#""a\"b\\""#, #"a"b\"#), (#""\a""#, "a"), (#""a"#, nil), (#""a\""#, nil),
            (#""\"#, nil), ("a", nil), ("", nil),
        ] as [(String, String?)]
    )
    func quotedStrings(text: String, expected: String?) {
        var scanner = FieldScanner(text)
        #expect(scanner.quotedString() == expected)
        #expect(scanner.isAtEnd == (expected != nil || text.isEmpty))
    }

    @Test(
        "Parameter names become lower-case; values may be quoted or absent",
        arguments: [
            ("", ""), (";a=1", "a=1"), (" ; A = \"x;y\" ;b", "a=x;y|b="), (";;a=1;", "a=1"), (";a=;b=2", "a=|b=2"),
        ]
    )
    func parameters(text: String, expected: String) {
        var scanner = FieldScanner(text)
        #expect(scanner.parameters().map { "\($0.name)=\($0.value)" }.joined(separator: "|") == expected)
        #expect(scanner.isAtEnd)
    }

    @Test(
        "An opaque tag contains no space; a backslash in it is an ordinary character",
        arguments: [(#""a""#, "a"), (#""""#, ""), (#""a\"b""#, #"a\"#), (#""a b""#, nil), (#""a"#, nil), ("a", nil)]
            as [(String, String?)]
    )
    func opaqueTags(text: String, expected: String?) {
        var scanner = FieldScanner(text)
        #expect(scanner.opaqueTag() == expected)
    }
}
