// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The counts of an operation and of its weighted subtasks.
///
/// The shape is SF-0023's: a node counts its own units towards its own total, and is worth a number of its parent's units (its share).
/// While it runs, its fraction of the share counts in the parent's fraction; when it is finished, the share is added to the parent's
/// completed units and the node is gone.
///
/// - Shares of running children are not part of `completedCount`, only of `fractionCompleted`.
/// - A fraction is `nil` where the total is `nil`, or 0 and nothing is done: nothing to do is not "all done"; an end is said,
///   never inferred.
/// - Where more is done than the total says, that is the total.
///   A child without a fraction adds nothing until it is finished.
/// - A share is not added to the parent's total; the total says what there is to do, and shares divide it.
/// - Negative numbers count as 0, sums that would overflow stay at the greatest number, fractions stay within 0...1.
/// - The identifier of a finished node is harmless: whatever is said to it is dropped.
///
/// `advance`, `setCounts` and `finish` take time in the depth of the node, `fractionCompleted` a constant time. What running children
/// contribute is kept in integers, in 2⁻³² of a unit: added and taken away a billion times it leaves no rounding behind.
struct CountTree: Sendable {
    /// Names one node; stays valid until the node is finished.
    struct NodeID: Sendable, Hashable {
        fileprivate let slot: Int
        fileprivate let generation: UInt64

        /// The operation itself.
        static let root = NodeID(slot: 0, generation: 0)
    }

    /// The operation itself.
    static let root = NodeID.root

    private var slots = [CountNode()]
    private var freeSlots: [Int] = []
    private var generations: UInt64 = 0

    /// A tree of one node, the operation itself.
    init(total: Int64? = nil) {
        slots[0].total = total.map { max(0, $0) }
    }

    /// Begins anew; identifiers from before stay harmless, since none is given twice.
    mutating func reset() {
        let given = generations
        self = CountTree()
        generations = given
    }

    /// The operation's completed share, from 0 to 1.
    var fractionCompleted: Double? { slots[0].fraction }

    /// Units the node has completed itself or by finished children; 0 for a finished node.
    func completedCount(_ node: NodeID) -> Int64 { find(node).map { slots[$0].completed } ?? 0 }

    /// Units the node has in all; never less than it has completed.
    func totalCount(_ node: NodeID) -> Int64? { find(node).flatMap { slots[$0].whole } }

    /// The node's completed share, from 0 to 1.
    func fractionCompleted(_ node: NodeID) -> Double? { find(node).flatMap { slots[$0].fraction } }

    /// Whether the node is still there: not finished, nor any above it.
    func contains(_ node: NodeID) -> Bool { find(node) != nil }

    /// How many nodes are held, the root included.
    var nodeCount: Int { slots.count - freeSlots.count }

    /// Adds a subtask that is worth `share` of the parent's units.
    ///
    /// The child of a finished node is born finished.
    mutating func addChild(of parent: NodeID, assigning share: Int64) -> NodeID {
        generations += 1
        guard let above = find(parent) else { return NodeID(slot: -1, generation: generations) }
        var node = CountNode()
        node.generation = generations
        node.share = max(0, share)
        node.parent = above
        node.nextSibling = slots[above].firstChild
        let slot = store(node)
        if let sibling = node.nextSibling { slots[sibling].previousSibling = slot }
        slots[above].firstChild = slot
        return NodeID(slot: slot, generation: generations)
    }

    /// Sets what is given and leaves the rest; a `total` of `.some(nil)` makes the node indeterminate.
    mutating func setCounts(_ node: NodeID, completed: Int64? = nil, total: Int64?? = nil) {
        guard let slot = find(node) else { return }
        if let completed { slots[slot].completed = max(0, completed) }
        if let total { slots[slot].total = total.map { max(0, $0) } }
        refresh(from: slot)
    }

    /// Adds completed units.
    mutating func advance(_ node: NodeID, by count: Int64 = 1) {
        guard count > 0, let slot = find(node) else { return }
        slots[slot].complete(count)
        refresh(from: slot)
    }

    /// Completes the node's share of its parent and forgets the node with all below it; a second time it does nothing, as for the root.
    mutating func finish(_ node: NodeID) {
        guard let slot = find(node), let parent = slots[slot].parent else { return }
        slots[parent].childUnits -= slots[slot].contribution
        slots[parent].complete(slots[slot].share)
        unlink(slot, from: parent)
        free(slot)
        refresh(from: parent)
    }

    // MARK: Nodes

    private func find(_ node: NodeID) -> Int? {
        guard slots.indices.contains(node.slot), slots[node.slot].generation == node.generation else { return nil }
        return node.slot
    }

    /// Carries a changed fraction upwards, as far as it changes anything.
    private mutating func refresh(from slot: Int) {
        var slot = slot
        while let parent = slots[slot].parent {
            let before = slots[slot].contribution
            let now = slots[slot].currentContribution
            guard now != before else { return }
            slots[slot].contribution = now
            slots[parent].childUnits += now - before
            slot = parent
        }
    }

    private mutating func store(_ node: CountNode) -> Int {
        if let slot = freeSlots.popLast() {
            slots[slot] = node
            return slot
        }
        slots.append(node)
        return slots.count - 1
    }

    private mutating func unlink(_ slot: Int, from parent: Int) {
        let (previous, next) = (slots[slot].previousSibling, slots[slot].nextSibling)
        if let next { slots[next].previousSibling = previous }
        if let previous { slots[previous].nextSibling = next } else { slots[parent].firstChild = next }
        slots[slot].nextSibling = nil
    }

    /// Gives back an unlinked node and all below it; no recursion, so that no depth can exhaust the stack.
    private mutating func free(_ top: Int) {
        var pending = [top]
        while let slot = pending.popLast() {
            if let next = slots[slot].nextSibling { pending.append(next) }
            if let child = slots[slot].firstChild { pending.append(child) }
            slots[slot] = CountNode()
            slots[slot].generation = .max
            freeSlots.append(slot)
        }
        // Few free places wait for the next child; many are given back once no child is left.
        if freeSlots.count == slots.count - 1, freeSlots.count > 16 {
            slots = [slots[0]]
            freeSlots = []
        }
    }
}
