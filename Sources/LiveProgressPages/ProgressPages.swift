// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The HTML pages; each page is one file that requests nothing from other hosts.
///
/// The sources of the pages are in `Web`. `Web/client` has links to the files of the published JavaScript module, on which
/// the pages are built. Each page is assembled once, at its first use, with one script, in which all files share one scope.
/// ```swift
/// response.headers[.contentSecurityPolicy] = ProgressPages.contentSecurityPolicy
/// response.body = ProgressPages.operation
/// ```
@_spi(Server) public enum ProgressPages {
    /// The page of one operation, which watches the operation at its own URL; `text/html; charset=utf-8`.
    package static let operation = PageParts.page(
        template: WebFile.bytes("operation.html"),
        styles: ["theme.css", "bar.css", "operation.css"].map(WebFile.bytes),
        scripts: pageScripts
            + ["client/watch.js", "client/question.js", "values.js", "operation.js", "operation-page.js"].map(
                WebFile.bytes
            )
    )

    /// The page of all operations, which watches the feed at `/api/v1/progress`; `text/html; charset=utf-8`.
    @_spi(Server) public static let list = PageParts.page(
        template: WebFile.bytes("list.html"),
        styles: ["theme.css", "bar.css", "list.css"].map(WebFile.bytes),
        scripts: pageScripts + ["list.js", "list-page.js"].map(WebFile.bytes)
    )

    /// Returns the page of all operations for an API with another path, such as `/internal/jobs`.
    @_spi(Server) public static func list(at path: String) -> [UInt8] {
        let named = "data-api=\"\(attributeText(String(path.drop { $0 == "/" })))\""
        return Array(String(decoding: list, as: UTF8.self).replacing(#"data-api="api/v1/progress""#, with: named).utf8)
    }

    /// Returns the page of one operation for an API with another path; its links lead to the list of that API.
    package static func operation(at path: String) -> [UInt8] {
        guard path != "/api/v1/progress" else { return operation }
        let text = String(decoding: operation, as: UTF8.self)
        return Array(text.replacing(#"href="../../../""#, with: #"href="./""#).utf8)
    }

    private static func attributeText(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("\"", with: "&quot;")
    }

    /// The JavaScript module `clients/js/live-progress.js` as one file: `watch`, `report` and the element
    /// `<live-progress src="…">`; `text/javascript; charset=utf-8`.
    @_spi(Server) public static let module: [UInt8] = Array(
        """
        // SPDX-License-Identifier: Apache-2.0
        // Part of Live Progress: the client for browsers, Node and workers: watch, report, and the element <live-progress>.
        \(PageParts.script(moduleFiles))
        \(PageParts.exports(WebFile.bytes("client/live-progress.js")))
        """.utf8
    )

    /// The value of `Content-Security-Policy` for both pages.
    ///
    /// Only the pages' own scripts and styles run, and the pages connect only to their own server.
    ///
    /// The hashes are those of the served bytes, so the policy needs no nonce. The hashes are constants, because
    /// computing them would add a cryptography library to every program that shows the pages. After a change of a
    /// script, of a file in `Web/client` or of a style, update its hash; the server's `PageHashesTests` shows the new hash.
    package static let contentSecurityPolicy = [
        "default-src 'none'",
        "script-src 'sha256-hzzTgmILG/BgkoU/1pQt8wLYYWXdb1A4nNIJ54Kj9VA='"
            + " 'sha256-uoWfes9vfp1i5S8I7y6jm8elu+ABz4i1cFRoROHaEO8='",
        "style-src 'sha256-PEcTSoGdCmujY9IFdXd62/0TEQpXpZu7aGw2m8V7Izs='"
            + " 'sha256-C4sldW98aaTHHbyPOEjQpXmSTQ6HQeK/PelUmYNqOTg='",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "frame-ancestors 'self'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ].joined(separator: "; ")

    /// The files of the module that watch an operation or a feed, each after the files that it imports.
    private static let connectionFiles = clientFiles(
        ["address", "error", "place", "transport", "connection", "words"]
    )

    private static let moduleFiles =
        connectionFiles
        + clientFiles(
            ["watch", "time", "queue", "sender", "ask", "report", "shared", "question", "style", "element"]
        )

    private static let pageScripts = connectionFiles + ["format.js", "bar.js", "page-token.js"].map(WebFile.bytes)

    private static func clientFiles(_ names: [String]) -> [[UInt8]] {
        names.map { WebFile.bytes("client/\($0).js") }
    }
}
