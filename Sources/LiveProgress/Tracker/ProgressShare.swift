// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// A share of an operation's count, to be handed to the one who does that part.
///
/// It is the shape of Foundation's subprogress (SF-0023): it cannot be copied, so a share is counted once; a share
/// that nobody starts completes when it is dropped, so that a bar does not stop short.
///
/// ```swift
/// tracker.setCounts(total: 10)
/// let part = tracker.share(assigning: 4).start(totalCount: 1_000)
/// part.advance(by: 500)  // the operation stands at 0.2
/// ```
public struct ProgressShare: ~Copyable, Sendable {
    private let journal: ProgressJournal?
    private var node: CountTree.NodeID?

    init(journal: ProgressJournal?, parent: CountTree.NodeID, assigning count: Int64) {
        self.journal = journal
        node = journal?.addPart(of: parent, assigning: count)
    }

    deinit {
        if let node { journal?.finishPart(node) }
    }

    /// Takes the share.
    ///
    /// - Parameter totalCount: The part's own units in all, or `nil` where nobody knows.
    /// - Returns: The part, to be counted.
    public consuming func start(totalCount: Int64? = nil) -> ProgressPart {
        let part = ProgressPart(journal: journal, node: node)
        node = nil
        if let totalCount { part.setCounts(total: totalCount) }
        return part
    }
}

/// A part of an operation, with a count of its own; finished or released, its share of the operation is complete.
public final class ProgressPart: Sendable {
    private let journal: ProgressJournal?
    private let node: CountTree.NodeID?

    init(journal: ProgressJournal?, node: CountTree.NodeID?) {
        self.journal = journal
        self.node = node
    }

    deinit { finish() }

    /// Counts units of this part as done.
    public func advance(by count: Int64 = 1) {
        guard let journal, let node else { return }
        _ = journal.tick { $0.advance(node, by: count) }
    }

    /// Sets the part's counts at once; what is `nil` stays as it is.
    public func setCounts(completed: Int64? = nil, total: Int64?? = nil) {
        guard let journal, let node else { return }
        _ = journal.tick { $0.set(completed: completed, total: total, unit: nil, of: node) }
    }

    /// A share of this part's own count.
    public func share(assigning count: Int64) -> ProgressShare {
        ProgressShare(journal: node == nil ? nil : journal, parent: node ?? CountTree.root, assigning: count)
    }

    /// Completes the part's share; doing it again changes nothing.
    public func finish() {
        if let node { journal?.finishPart(node) }
    }
}

extension ProgressTracker {
    /// A share of the operation's count.
    ///
    /// - Parameter count: How many of the operation's units the share is worth.
    /// - Returns: The share, to be started by whoever does the part.
    public func share(assigning count: Int64) -> ProgressShare {
        ProgressShare(journal: journal, parent: CountTree.root, assigning: count)
    }
}

extension ProgressJournal {
    func addPart(of parent: CountTree.NodeID, assigning count: Int64) -> CountTree.NodeID {
        state.withLock { $0.core.counting.addChild(of: parent, assigning: count) }
    }

    /// A part that finishes after the end, or after its attempt, is no refused report: there is nothing left to tell.
    func finishPart(_ node: CountTree.NodeID) {
        let isLive = state.withLock { !$0.core.isOver && $0.core.counting.contains(node) }
        guard isLive else { return }
        _ = tick { $0.finish(node) }
    }
}
