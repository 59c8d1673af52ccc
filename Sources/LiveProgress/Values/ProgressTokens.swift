// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The capability tokens of a new operation, in the response to its creation.
public struct ProgressTokens: Sendable, Hashable {
    /// The token of the worker: permits reports, and shows requests to cancel.
    public var report: String
    /// The token of the watchers.
    public var watch: String

    /// Creates a pair of tokens.
    public init(report: String, watch: String) {
        self.report = report
        self.watch = watch
    }
}

extension ProgressTokens: CustomStringConvertible {
    /// The type's name without the tokens, so that no token is logged.
    public var description: String { "ProgressTokens" }
}
