// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Functions that assemble pages and scripts from their parts.
enum PageParts {
    /// Returns a page: the template with the style at `<!-- style -->` and the script at `<!-- script -->`.
    static func page(template: String, style: String, script: String) -> [UInt8] {
        let page =
            template
            .replacing("<!-- style -->", with: "<style>\(style)</style>")
            .replacing("<!-- script -->", with: "<script type=\"module\">\(script)</script>")
        return Array(page.utf8)
    }

    /// Returns a text as a JavaScript literal that is safe inside a `<script>` element.
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
