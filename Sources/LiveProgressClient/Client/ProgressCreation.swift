// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
internal import LiveProgressWire

/// The response of a server to a creation.
public struct ProgressCreation: Sendable, Hashable {
    /// The operation's first snapshot.
    public var snapshot: ProgressSnapshot

    /// The tokens for the operation: one for the worker, one for watchers.
    ///
    /// The value is `nil` if the server requires no tokens, or issues none to the caller. The tokens are valid for this
    /// operation alone, and expire. The caller's own token needs no permission to report or to watch.
    public var tokens: ProgressTokens?

    /// Creates a response from its parts.
    package init(snapshot: ProgressSnapshot, tokens: ProgressTokens? = nil) {
        self.snapshot = snapshot
        self.tokens = tokens
    }
}
