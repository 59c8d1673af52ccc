// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials

/// A page's template, and the style and the script that go into it.
struct PageParts {
    /// What stands between `<style>` and `</style>`.
    let style: String
    /// What stands between `<script type="module">` and `</script>`.
    let script: String
    /// The whole page.
    let page: [UInt8]

    /// Puts the parts where the template says `<!-- style -->` and `<!-- script -->`.
    init(template: String, style: String, script: String) {
        self.style = style
        self.script = script
        let page =
            template
            .replacing("<!-- style -->", with: "<style>\(style)</style>")
            .replacing("<!-- script -->", with: "<script type=\"module\">\(script)</script>")
        self.page = Array(page.utf8)
    }

    /// A source expression of a content security policy that lets exactly this inline text run.
    static func source(of text: String) -> String {
        "'sha256-\(Data(SHA256.hash(Array(text.utf8))).base64EncodedString())'"
    }

    /// The text as a literal of JavaScript that may stand inside a `<script>` element too.
    static func javaScriptLiteral(_ text: String) -> String {
        let body = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\\": "\\\\"
            case "\"": "\\\""
            case "\n": "\\n"
            case "<": "\\u003c"
            default: String(scalar)
            }
        }
        return "\"\(body.joined())\""
    }
}
