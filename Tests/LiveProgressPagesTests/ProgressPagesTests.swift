// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Testing

@testable import LiveProgressPages

@Suite("The pages for people")
struct ProgressPagesTests {
    @Test(
        "SHA-256 gives the published hashes, also where padding needs a block of its own",
        arguments: [
            ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
            ),
            (String(repeating: "a", count: 55), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"),
            (String(repeating: "a", count: 64), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"),
            (String(repeating: "a", count: 1000), "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"),
        ]
    )
    func hashes(message: String, expected: String) {
        let digits = Array("0123456789abcdef")
        let hash = SHA256.hash(Array(message.utf8)).flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        #expect(String(hash) == expected)
    }

    @Test("A source expression is the hash in Base64, as browsers compute it")
    func sourceExpression() {
        #expect(PageParts.source(of: "abc") == "'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0='")
    }

    @Test("The policy names exactly the scripts and the styles that the pages contain")
    func policyMatchesPages() throws {
        for page in [ProgressPages.operation, ProgressPages.list] {
            let text = String(decoding: page, as: UTF8.self)
            for (start, end) in [("<style>", "</style>"), ("<script type=\"module\">", "</script>")] {
                let pieces = text.components(separatedBy: start)
                #expect(pieces.count == 2)
                let piece = try #require(pieces.last?.components(separatedBy: end).first)
                #expect(!piece.isEmpty)
                #expect(ProgressPages.contentSecurityPolicy.contains(PageParts.source(of: piece)))
            }
        }
    }

    @Test(
        "The page of the list says where the API is mounted, in words that cannot end their place",
        arguments: [
            ("/api/v1/progress", "api/v1/progress"), ("/internal/jobs", "internal/jobs"), ("", ""),
            (#"/a"b&c"#, "a&quot;b&amp;c"),
        ]
    )
    func mounted(path: String, named: String) {
        let text = String(decoding: ProgressPages.list(at: path), as: UTF8.self)
        #expect(text.components(separatedBy: "data-api=").count == 2)
        #expect(text.contains(#"data-api="\#(named)""#))
        #expect(text.utf8.count == ProgressPages.list.count - "api/v1/progress".count + named.count)
    }

    @Test(
        "An operation's page leads to the list where that is",
        arguments: [("/api/v1/progress", "../../../"), ("/internal/jobs", "./"), ("", "./")]
    )
    func listLink(path: String, link: String) {
        let text = String(decoding: ProgressPages.operation(at: path), as: UTF8.self)
        #expect(text.components(separatedBy: #"href="\#(link)""#).count == 3)
        #expect(text.contains("../../../") == (link == "../../../"))
    }

    @Test("The policy allows no unsafe source and no other host")
    func policyIsStrict() {
        let policy = ProgressPages.contentSecurityPolicy
        #expect(policy.hasPrefix("default-src 'none'; script-src 'sha256-"))
        #expect(!policy.contains("unsafe"))
        #expect(!policy.contains("http"))
        #expect(!policy.contains("*"))
        #expect(!policy.contains("\n"))
    }

    @Test(
        "No page and no script brings in markup, code or files at run time",
        arguments: [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "<script src",
            "<link rel=\"stylesheet\"", "@import", "url(", "onclick=", "style=\"", "<!-- style -->", "<!-- script -->",
        ]
    )
    func selfContained(forbidden: String) {
        for page in [ProgressPages.operation, ProgressPages.list, ProgressPages.element] {
            #expect(!String(decoding: page, as: UTF8.self).contains(forbidden))
        }
    }

    @Test("A style inside a script is a literal that cannot end the string or the script")
    func javaScriptLiteral() {
        #expect(PageParts.javaScriptLiteral("a\\\"\n</script>") == #""a\\\"\n\u003c/script>""#)
    }
}
