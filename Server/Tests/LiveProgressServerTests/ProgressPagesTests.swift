// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Testing

@testable import LiveProgressServer

@Suite("The pages for people")
struct ProgressPagesTests {
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
