// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
public import LiveProgressWire

/// What a server answers with when it has created an operation.
public struct ProgressCreation: Sendable, Hashable {
    /// The operation's first snapshot.
    public var snapshot: ProgressSnapshot

    /// What lets others in: one token for the worker, one for those who watch.
    ///
    /// `nil` where the server wants no tokens, or has none to hand on for the caller. They are this operation's alone
    /// and expire; who created it need not be allowed to report on it or to watch it.
    public var tokens: ProgressTokens?

    /// An operation that was created.
    public init(snapshot: ProgressSnapshot, tokens: ProgressTokens? = nil) {
        self.snapshot = snapshot
        self.tokens = tokens
    }
}
