// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The HTML pages; each page is one file that requests nothing from other hosts.
///
/// The sources of the pages are in `Web`. Each page is assembled once, at its first use.
/// ```swift
/// response.headers[.contentSecurityPolicy] = ProgressPages.contentSecurityPolicy
/// response.body = ProgressPages.operation
/// ```
@_spi(Server) public enum ProgressPages {
    /// The page of one operation, which watches the operation at its own URL; `text/html; charset=utf-8`.
    package static let operation = PageParts.page(
        template: text(PackageResources.operation_html),
        style: text(PackageResources.theme_css) + text(PackageResources.bar_css) + text(PackageResources.operation_css),
        script: sharedScript + text(PackageResources.page_token_js) + text(PackageResources.values_js)
            + text(PackageResources.operation_js) + text(PackageResources.operation_page_js)
    )

    /// The page of all operations, which watches the feed at `/api/v1/progress`; `text/html; charset=utf-8`.
    @_spi(Server) public static let list = PageParts.page(
        template: text(PackageResources.list_html),
        style: text(PackageResources.theme_css) + text(PackageResources.bar_css) + text(PackageResources.list_css),
        script: sharedScript + text(PackageResources.page_token_js) + text(PackageResources.list_js)
            + text(PackageResources.list_page_js)
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

    /// A script that defines the element `<live-progress src="…">` for any page; `text/javascript; charset=utf-8`.
    @_spi(Server) public static let element: [UInt8] = Array(
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

    /// The value of `Content-Security-Policy` for both pages.
    ///
    /// Only the pages' own scripts and styles run, and the pages connect only to their own server.
    ///
    /// The hashes are those of the served bytes, so the policy needs no nonce. The hashes are constants, because
    /// computing them would add a cryptography library to every program that shows the pages. After a change of a
    /// script or a style, update its hash; the server's `PageHashesTests` shows the new hash.
    package static let contentSecurityPolicy = [
        "default-src 'none'",
        "script-src 'sha256-kL3kJ1KReKmZr+s/ZPnn9biYQNxacj98gw5pz62ramY='"
            + " 'sha256-d4XVfET6b7OW3vmxWJ5gwYF6AthMx9zOaA1LdCpXAHM='",
        "style-src 'sha256-dsoZ8Zop2cem1VlCKd95sf1Un1wrpXOuH3GjzT7ap0E='"
            + " 'sha256-kAejSibWEIQbfeTZ75zyDgbC765Pg0i+CfqaBQj82C4='",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "frame-ancestors 'self'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    ].joined(separator: "; ")

    private static let sharedScript =
        text(PackageResources.format_js) + text(PackageResources.token_js) + text(PackageResources.connection_js)
        + text(PackageResources.bar_js)

    private static func text(_ bytes: [UInt8]) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
