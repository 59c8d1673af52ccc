// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import Testing

@testable @_spi(Server) import LiveProgressPages

@Suite("The web pages")
struct ProgressPagesTests {
    @Test(
        "The list page contains the mount path of the API, escaped for an HTML attribute",
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
        "The page of an operation links to the list page",
        arguments: [("/api/v1/progress", "../../../"), ("/internal/jobs", "./"), ("", "./")]
    )
    func listLink(path: String, link: String) {
        let text = String(decoding: ProgressPages.operation(at: path), as: UTF8.self)
        #expect(text.components(separatedBy: #"href="\#(link)""#).count == 3)
        #expect(text.contains("../../../") == (link == "../../../"))
    }

    @Test("The content security policy allows no unsafe source and no other host")
    func policyIsStrict() {
        let policy = ProgressPages.contentSecurityPolicy
        #expect(policy.hasPrefix("default-src 'none'; script-src 'sha256-"))
        #expect(!policy.contains("unsafe"))
        #expect(!policy.contains("http"))
        #expect(!policy.contains("*"))
        #expect(!policy.contains("\n"))
    }

    @Test(
        "Pages and scripts load no markup, code or files at run time",
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
