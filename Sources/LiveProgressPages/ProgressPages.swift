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
        template: PackageResources.operation_html,
        styles: [PackageResources.theme_css, PackageResources.bar_css, PackageResources.operation_css],
        scripts: pageScripts + [
            PackageResources.watch_js, PackageResources.values_js, PackageResources.operation_js,
            PackageResources.operation_page_js,
        ]
    )

    /// The page of all operations, which watches the feed at `/api/v1/progress`; `text/html; charset=utf-8`.
    @_spi(Server) public static let list = PageParts.page(
        template: PackageResources.list_html,
        styles: [PackageResources.theme_css, PackageResources.bar_css, PackageResources.list_css],
        scripts: pageScripts + [PackageResources.list_js, PackageResources.list_page_js]
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
        \(PageParts.exports(PackageResources.live_progress_js))
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
        "script-src 'sha256-erO9MigqXsXV6Fjq3XI9vLbN2Uq75uRhW5wSvuLb/nY='"
            + " 'sha256-5b6anmASZpS1SZ3zuct8p0bmffQC7TQFXuXFK3F7dN0='",
        "style-src 'sha256-VuUG6vlN7d6wn9QWWnNe+50WP1p2wRgykDUlS9bTx2E='"
            + " 'sha256-xBbBChC2DTijurKyZSlckIGIou/KXSD5RVa5uvmEIag='",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "frame-ancestors 'self'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ].joined(separator: "; ")

    /// The files of the module that watch an operation or a feed, each after the files that it imports.
    private static let connectionFiles = [
        PackageResources.address_js, PackageResources.error_js, PackageResources.place_js,
        PackageResources.transport_js, PackageResources.connection_js, PackageResources.words_js,
    ]

    private static let moduleFiles =
        connectionFiles + [
            PackageResources.watch_js, PackageResources.queue_js, PackageResources.sender_js,
            PackageResources.report_js, PackageResources.shared_js, PackageResources.element_js,
        ]

    private static let pageScripts =
        connectionFiles + [PackageResources.format_js, PackageResources.bar_js, PackageResources.page_token_js]
}
