// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The address of an operation on a server: its URL, and the tokens that the server has issued for it.
///
/// ```swift
/// if let link = tracker.link { print("Watch it at \(link.watching)") }
/// ```
public struct ProgressLink: Sendable, Hashable {
    /// The whole URL of the operation.
    public let url: String
    /// The tokens for the worker and for watchers; `nil` if the server issued none.
    public let tokens: ProgressTokens?

    /// Creates a link from its parts.
    public init(url: String, tokens: ProgressTokens? = nil) {
        self.url = url
        self.tokens = tokens
    }

    /// The URL for a browser; its fragment has the token for watchers, if the server issued tokens.
    ///
    /// Browsers do not send the fragment to a server. Everyone who has the link may watch.
    public var watching: String { tokens.map { "\(url)#token=\($0.watch)" } ?? url }

    /// The variables with which another process reports on the operation, whose end it leaves to this process.
    ///
    /// They are `LIVE_PROGRESS_URL`, `LIVE_PROGRESS_OWNER=0` and, if the server issued tokens, `LIVE_PROGRESS_TOKEN`.
    public var environment: [String: String] {
        var variables = ["LIVE_PROGRESS_URL": url, "LIVE_PROGRESS_OWNER": "0"]
        variables["LIVE_PROGRESS_TOKEN"] = tokens?.report
        return variables
    }
}
