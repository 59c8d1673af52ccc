// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials

/// The pages for people: each one file that asks nothing of any other host.
///
/// Their sources lie in `Web`; they are put together once, at the first use.
/// ```swift
/// response.headers[.contentSecurityPolicy] = ProgressPages.contentSecurityPolicy
/// response.body = ProgressPages.operation
/// ```
public enum ProgressPages {
    /// The page of one operation, which follows the operation at the URL it was loaded from; `text/html; charset=utf-8`.
    public static let operation: [UInt8] = operationParts.page

    /// The page of all operations, which follows the feed at `/api/v1/progress`; `text/html; charset=utf-8`.
    public static let list: [UInt8] = listParts.page

    /// The page of all operations of an API that is mounted elsewhere, such as at `/internal/jobs`.
    public static func list(at path: String) -> [UInt8] {
        let named = "data-api=\"\(attributeText(String(path.drop { $0 == "/" })))\""
        return Array(String(decoding: list, as: UTF8.self).replacing(#"data-api="api/v1/progress""#, with: named).utf8)
    }

    /// The page of one operation of an API that is mounted elsewhere: beside it there is the list, and no other page of ours.
    public static func operation(at path: String) -> [UInt8] {
        guard path != "/api/v1/progress" else { return operation }
        let text = String(decoding: operation, as: UTF8.self)
        return Array(text.replacing(#"href="../../../""#, with: #"href="./""#).utf8)
    }

    private static func attributeText(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("\"", with: "&quot;")
    }

    /// A script that defines the element `<live-progress src="…">` for anyone's page; `text/javascript; charset=utf-8`.
    public static let element: [UInt8] = Array(
        """
        // SPDX-License-Identifier: Apache-2.0
        // <live-progress src="api/v1/progress/ID"></live-progress> shows an operation live.
        (() => {
        "use strict";
        const styles = \(PageParts.javaScriptLiteral(text(PackageResources.bar_css) + text(PackageResources.element_css)));
        \(sharedScript)
        \(text(PackageResources.element_js))
        })();

        """.utf8
    )

    /// The value of `Content-Security-Policy` for both pages: nothing but their own script and style runs, and
    /// nothing but their own server is talked to.
    ///
    /// The hashes are those of the very bytes that are served, so the policy needs no nonce and never goes stale.
    public static let contentSecurityPolicy: String = {
        let parts = [operationParts, listParts]
        return [
            "default-src 'none'",
            "script-src " + parts.map { PageParts.source(of: $0.script) }.joined(separator: " "),
            "style-src " + parts.map { PageParts.source(of: $0.style) }.joined(separator: " "),
            "connect-src 'self'",
            "img-src data:",
            "base-uri 'none'",
            "frame-ancestors 'self'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ].joined(separator: "; ")
    }()

    private static let operationParts = PageParts(
        template: text(PackageResources.operation_html),
        style: text(PackageResources.theme_css) + text(PackageResources.bar_css) + text(PackageResources.operation_css),
        script: sharedScript + text(PackageResources.page_token_js) + text(PackageResources.values_js)
            + text(PackageResources.operation_js) + text(PackageResources.operation_page_js)
    )

    private static let listParts = PageParts(
        template: text(PackageResources.list_html),
        style: text(PackageResources.theme_css) + text(PackageResources.bar_css) + text(PackageResources.list_css),
        script: sharedScript + text(PackageResources.page_token_js) + text(PackageResources.list_js)
            + text(PackageResources.list_page_js)
    )

    private static let sharedScript =
        text(PackageResources.format_js) + text(PackageResources.token_js) + text(PackageResources.connection_js)
        + text(PackageResources.bar_js)

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
