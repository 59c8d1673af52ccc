// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Functions that assemble pages and scripts from their parts.
enum PageParts {
    /// Returns a page: the template with the styles at `<!-- style -->` and the scripts at `<!-- script -->`.
    static func page(template: [UInt8], styles: [[UInt8]], scripts: [[UInt8]]) -> [UInt8] {
        let page = text(template)
            .replacing("<!-- style -->", with: "<style>\(styles.map(text).joined())</style>")
            .replacing("<!-- script -->", with: "<script type=\"module\">\(script(scripts))</script>")
        return Array(page.utf8)
    }

    /// Returns the files of modules as one script, without their imports, exports and comments.
    ///
    /// Each import, export of other files and comment must have its own lines. Each file must follow the files that it
    /// imports.
    static func script(_ files: [[UInt8]]) -> String {
        let dropped = ["import ", "export {", "//", "/**", "*"]
        return files.flatMap { text($0).split(separator: "\n") }
            .filter { line in !dropped.contains { line.drop { $0 == " " }.hasPrefix($0) } }
            .map { $0.hasPrefix("export ") ? $0.dropFirst("export ".count) : $0 }
            .joined(separator: "\n")
    }

    /// Returns the exports of a module that only exports names of other files, as the end of a script that has these files.
    static func exports(_ module: [UInt8]) -> String {
        text(module).split(separator: "\n").filter { $0.hasPrefix("export {") }
            .map { "\($0.prefix { $0 != "}" })};\n" }
            .joined()
    }

    static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
