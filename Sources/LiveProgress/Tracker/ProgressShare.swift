// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// A share of an operation's count, for the code that does one part of the work.
///
/// The shape is that of Foundation's subprogress (SF-0023). A share cannot be copied, so it is counted once. A share
/// that is dropped before it is started counts as completed, so that a progress bar does not stop short.
///
/// ```swift
/// tracker.setCounts(total: 10)
/// let part = tracker.share(assigning: 4).start(totalCount: 1_000)
/// part.advance(by: 500)  // the operation's fraction is 0.2
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

    /// Starts the share as a part with its own count.
    ///
    /// - Parameter totalCount: The part's own total units, or `nil` if not known.
    /// - Returns: The part, which counts its own units.
    public consuming func start(totalCount: Int64? = nil) -> ProgressPart {
        let part = ProgressPart(journal: journal, node: take()?.node)
        if let totalCount { part.setTotal(.count(totalCount)) }
        return part
    }

    /// Takes the share's place in the count, so that releasing the share no longer completes it.
    consuming func take() -> (journal: ProgressJournal, node: CountTree.NodeID)? {
        guard let journal, let node else { return nil }
        self.node = nil
        return (journal, node)
    }
}

/// A part of an operation with its own count; its share completes when the part is finished or released.
public final class ProgressPart: Sendable {
    private let journal: ProgressJournal?
    private let node: CountTree.NodeID?

    init(journal: ProgressJournal?, node: CountTree.NodeID?) {
        self.journal = journal
        self.node = node
    }

    deinit { finish() }

    /// Counts units of this part as completed.
    public func advance(by count: Int64 = 1) {
        guard let journal, let node else { return }
        _ = journal.tick { $0.advance(node, by: count) }
    }

    /// Sets the part's counts together; counts that are `nil` stay unchanged.
    public func setCounts(completed: Int64? = nil, total: Int64? = nil) {
        set(completed: completed, total: total.map(ProgressTotal.count))
    }

    /// Sets the part's total, or makes it unknown.
    public func setTotal(_ total: ProgressTotal) {
        set(completed: nil, total: total)
    }

    private func set(completed: Int64?, total: ProgressTotal?) {
        guard let journal, let node else { return }
        _ = journal.tick { $0.set(completed: completed, total: total, unit: nil, of: node) }
    }

    /// Returns a share of this part's own count.
    public func share(assigning count: Int64) -> ProgressShare {
        ProgressShare(journal: node == nil ? nil : journal, parent: node ?? CountTree.root, assigning: count)
    }

    /// Completes the part's share; a second call changes nothing.
    public func finish() {
        if let node { journal?.finishPart(node) }
    }
}

extension ProgressTracker {
    /// Returns a share of the operation's count.
    ///
    /// - Parameter count: The number of the operation's units that the share is worth.
    /// - Returns: The share; the code that does the part starts it.
    public func share(assigning count: Int64) -> ProgressShare {
        ProgressShare(journal: journal, parent: CountTree.root, assigning: count)
    }
}

extension ProgressJournal {
    func addPart(of parent: CountTree.NodeID, assigning count: Int64) -> CountTree.NodeID {
        state.withLock { $0.core.counting.addChild(of: parent, assigning: count) }
    }

    /// Finishes a part; after the end, or after the part's attempt, this has no effect and counts no refusal.
    func finishPart(_ node: CountTree.NodeID) {
        guard isLive(node) else { return }
        _ = tick { $0.finish(node) }
    }

    /// Returns whether a part still counts.
    func isLive(_ node: CountTree.NodeID) -> Bool {
        state.withLock { !$0.core.isOver && $0.core.counting.contains(node) }
    }
}
