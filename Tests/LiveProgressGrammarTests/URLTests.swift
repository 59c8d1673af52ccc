// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressGrammar
import Testing

@Suite("URLs and their parts")
struct URLTests {
    @Test(
        "An authority is a host and an optional port, without a user",
        arguments: [
            ("a", "a", nil), ("A.b-c_d~%41", "A.b-c_d~%41", nil), ("a:", "a", ""), ("a:0", "a", "0"),
            ("a:65535", "a", "65535"), ("a:000080", "a", "000080"), ("1.2.3.4:80", "1.2.3.4", "80"),
            ("[::1]", "[::1]", nil), ("[::1]:80", "[::1]", "80"), ("[::ffff:1.2.3.4]", "[::ffff:1.2.3.4]", nil),
        ] as [(String, String, String?)]
    )
    func authorities(text: String, host: String, port: String?) throws {
        let authority = try #require(Authority(text[...]))
        #expect(authority.host == host)
        #expect(authority.port.map(String.init) == port)
        #expect(authority.isBracketed == text.hasPrefix("["))
    }

    @Test(
        "An invalid authority gives nil",
        arguments: [
            "", ":", ":80", "a:65536", "a:8x", "a:-1", "a:+1", "a:1:2", "a:99999999999999999999", "a b", "a,b", "u@a",
            "a/",
            "ä", "[", "[]", "[::1", "[::1]x", "[::1]:x", "[a:g]", "::1", "a[", "[[::1]", "a\u{301}",
        ]
    )
    func noAuthorities(text: String) {
        #expect(Authority(text[...]) == nil)
    }

    @Test(
        "Only ASCII digits form a number",
        arguments: [
            ("0", 0), ("007", 7), ("255", 255), ("256", nil), ("", nil), ("+1", nil), ("-1", nil), (" 1", nil),
            ("1_0", nil),
            ("٣", nil), ("99999999999999999999999", nil),
        ] as [(String, Int?)]
    )
    func numbers(text: String, number: Int?) {
        #expect(Int(digits: text.utf8, atMost: 255) == number)
        #expect(Int(digits: "\(Int.max)".utf8) == Int.max)
        #expect(Int(digits: "9223372036854775808".utf8) == nil)
    }

    @Test(
        "A URL is split into scheme, authority and rest",
        arguments: [
            ("http://h", "http", "h", ""), ("HTTP://u@h:1/a?b#c", "HTTP", "u@h:1", "/a?b#c"),
            ("a://h?x/y", "a", "h", "?x/y"),
            ("a://h#x", "a", "h", "#x"), ("://", "", "", ""), ("a:///b", "a", "", "/b"),
            ("a://b://c", "a", "b:", "//c"),
        ]
    )
    func urls(text: String, scheme: String, authority: String, rest: String) throws {
        let url = try #require(AbsoluteURL(text))
        #expect(url.scheme == scheme)
        #expect(url.authority == authority)
        #expect(url.rest == rest)
    }

    @Test("A text without a scheme is not a URL", arguments: ["", "h", "/a", "http:/h", "http:h", "//h"])
    func noURLs(text: String) {
        #expect(AbsoluteURL(text) == nil)
    }

    @Test(
        "Equal origins may differ in letter case and in an explicit default port",
        arguments: [
            ("http://a", "HTTP://A:80"), ("https://a", "https://a:443"), ("http://[::1]", "http://[::1]:80"),
            ("app://x", "app://x"),
        ]
    )
    func origins(one: String, other: String) throws {
        #expect(try #require(WebOrigin(one)) == #require(WebOrigin(other)))
    }

    @Test(
        "An origin matches the authority of a request with the same host and port",
        arguments: [
            ("http://a", "A:80", true), ("https://a:8443", "a:8443", true), ("https://a", "a:80", false),
            ("http://a", "ab", false),
        ]
    )
    func originsOfAuthorities(origin: String, authority: String, isOf: Bool) throws {
        #expect(try #require(WebOrigin(origin)).isOf(authority) == isOf)
    }

    @Test(
        "An invalid origin gives nil",
        arguments: [
            "", "null", "*", "a", "https://", "https://a/", "https://a?b", "https://a#b", "http://u@a",
            "http://a, http://b", "http://a b",
        ]
    )
    func noOrigins(text: String) {
        #expect(WebOrigin(text) == nil)
    }
}

@Suite("Percent-encoding and Base64")
struct CodingTests {
    @Test(
        "Percent-encoded bytes are decoded as UTF-8",
        arguments: [
            ("", ""), ("a-b", "a-b"), ("a%3Ab", "a:b"), ("%c3%A4", "ä"), ("a+b", "a+b"), ("%2B", "+"), ("ä", "ä"),
            ("%", nil), ("%4", nil), ("%4g", nil), ("a%ZZ", nil), ("%FF", nil), ("%C3", nil), ("%%41", nil),
            ("%+1", nil),
        ] as [(String, String?)]
    )
    func decodes(text: String, expected: String?) {
        #expect(PercentCoding.decode(Array(text.utf8)[...]) == expected)
        #expect(PercentCoding.decode(Array("x\(text)".utf8).dropFirst()) == expected)
    }

    @Test("A plus sign means a space only in forms")
    func plus() {
        #expect(PercentCoding.decode(Array("a+%2B".utf8)[...], plusIsSpace: true) == "a +")
    }

    @Test("Decoding reverses encoding", arguments: ["", "aZ09-._~", "a b+c&d=e%", "ä☃🎉", "\u{0}\r\n"])
    func encodes(text: String) {
        let escaped = PercentCoding.encode(text)
        #expect(ByteSet.target.containsAll(of: escaped.utf8))
        #expect(PercentCoding.decode(Array(escaped.utf8)[...]) == text)
    }

    @Test(
        "Base64 gives the results of RFC 4648 section 10",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ]
    )
    func base64(text: String, encoded: String) {
        #expect(Base64.encode(Array(text.utf8)) == encoded)
        #expect(Base64.encode([0xFB, 0xFF, 0xBF]) == "+/+/")
    }

    @Test(
        "A WebSocket key is 16 bytes in Base64",
        arguments: [
            ("dGhlIHNhbXBsZSBub25jZQ==", true), ("AAAAAAAAAAAAAAAAAAAAAA==", true), ("++++++++++++++++//////==", true),
            ("", false), ("dGhlIHNhbXBsZSBub25jZQ=", false), ("dGhlIHNhbXBsZSBub25jZQ===", false),
            ("dGhlIHNhbXBsZSBub25jZS==", true), ("dGhlIHNhbXBsZSBub25j====", false),
            ("dGhlIHNhbXBsZSBub25-ZQ==", false),
            ("dGhlIHNhbXBsZSBub25äQ==", false), (" dGhlIHNhbXBsZSBub25jZQ==", false),
        ]
    )
    func keys(text: String, isKey: Bool) {
        #expect(Base64.isKey(text) == isKey)
    }

    @Test("Each character set contains the characters of its grammar and no byte beyond ASCII")
    func sets() {
        func members(_ set: ByteSet) -> String {
            String(decoding: (UInt8.min...UInt8.max).filter(set.contains), as: UTF8.self)
        }
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        #expect(members(.digit) == "0123456789")
        #expect(Set(members(.token)) == Set("!#$%&'*+-.^_`|~0123456789\(letters)"))
        #expect(Set(members(.unreserved)) == Set("-._~0123456789\(letters)"))
        #expect(Set(members(.target)) == Set("-._~!$&'()*+,;=:@/?%0123456789\(letters)"))
        #expect(members(.visible).utf8.elementsEqual(UInt8(0x21)...0x7E))
        #expect(members(.printable).utf8.elementsEqual(UInt8(0x20)...0x7E))
    }
}
