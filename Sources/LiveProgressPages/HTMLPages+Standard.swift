// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
public import LiveProgressHTTP

extension HTMLPages {
    /// The pages that come with Live Progress: of one operation, of the list, and of what is wrong.
    ///
    /// - Parameter path: Where the API is mounted.
    /// - Returns: Pages for ``ProgressAPI/Configuration/pages``.
    public static func standard(at path: String) -> HTMLPages {
        let list = HTMLPage(body: ProgressPages.list(at: path), fields: fields)
        let operation = HTMLPage(body: ProgressPages.operation(at: path), fields: fields)
        // The operation's page asks for the operation itself, and tells what it hears in words for people.
        return HTMLPages(operation: { _ in operation }, list: { list }, problem: { _ in operation })
    }

    private static var fields: HTTPFields {
        [.contentSecurityPolicy: ProgressPages.contentSecurityPolicy, .cacheControl: "no-cache"]
    }
}
