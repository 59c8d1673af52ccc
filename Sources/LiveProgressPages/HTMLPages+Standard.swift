// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
@_spi(Server) public import LiveProgressHTTP

extension HTMLPages {
    /// Returns the standard pages: for one operation, for the list, and for a problem.
    ///
    /// - Parameter path: The path where the API is mounted.
    /// - Returns: Pages for ``ProgressAPI/Configuration/pages``.
    public static func standard(at path: String) -> HTMLPages {
        let list = HTMLPage(body: ProgressPages.list(at: path), fields: fields)
        let operation = HTMLPage(body: ProgressPages.operation(at: path), fields: fields)
        // The operation's page requests the operation itself and shows a problem, so it is also the page of a problem.
        return HTMLPages(operation: { _ in operation }, list: { list }, problem: { _ in operation })
    }

    private static var fields: HTTPFields {
        [.contentSecurityPolicy: ProgressPages.contentSecurityPolicy, .cacheControl: "no-cache"]
    }
}
