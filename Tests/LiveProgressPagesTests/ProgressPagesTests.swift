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
        for page in [ProgressPages.operation, ProgressPages.list, ProgressPages.module] {
            #expect(!String(decoding: page, as: UTF8.self).contains(forbidden))
        }
    }

    @Test("A script has no import and no comment, and declares each name once")
    func scripts() throws {
        for script in [ProgressPages.operation, ProgressPages.list, ProgressPages.module] {
            let lines = String(decoding: script, as: UTF8.self).components(separatedBy: "\n")
            #expect(!lines.contains { $0.hasPrefix("import ") || $0.hasPrefix("export async") || $0.hasPrefix(" *") })
            let declared = lines.compactMap {
                try? /(?:async )?(?:const|class|function\*?) (\w+)/.prefixMatch(in: $0)?.1
            }
            #expect(declared.count == Set(declared).count, "two files declare the same name")
            for name in ["Place", "openSocket", "Connection", "shareOf"] {
                #expect(declared.contains { $0 == name })
            }
        }
    }

    @Test("The module exports the names of the published module, in one script")
    func module() {
        let text = String(decoding: ProgressPages.module, as: UTF8.self)
        let exports = text.components(separatedBy: "\n").filter { $0.hasPrefix("export ") }
        #expect(exports.joined() == exports.joined().replacing(" from ", with: ""))
        for name in ["watch", "cancel", "report", "Connection", "ProgressError", "LiveProgressElement"] {
            #expect(exports.contains { $0.contains(name) && $0.hasSuffix(" };") })
        }
    }
}
