// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Puts texts into the places that are meant for them.
enum PageParts {
    /// A whole page: the style and the script where the template says `<!-- style -->` and `<!-- script -->`.
    static func page(template: String, style: String, script: String) -> [UInt8] {
        let page =
            template
            .replacing("<!-- style -->", with: "<style>\(style)</style>")
            .replacing("<!-- script -->", with: "<script type=\"module\">\(script)</script>")
        return Array(page.utf8)
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
