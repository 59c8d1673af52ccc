// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The counts of an operation and of its weighted subtasks.
///
/// The shape is that of SF-0023: a node counts its own units towards its own total, and is worth a number of its
/// parent's units, its share. While the node runs, its fraction of the share counts in the parent's fraction. When the
/// node is finished, its share is added to the parent's completed units, and the node is removed.
///
/// - Shares of running children count in `fractionCompleted`, not in `completedCount`.
/// - A fraction is `nil` if the total is `nil`, or if the total is 0 and no unit is completed. An operation without
///   work is not "all done": a worker reports the end, and the library never infers it.
/// - If more units are completed than the total, the completed units are the total.
/// - A child without a fraction adds nothing until it is finished.
/// - A share is not added to the parent's total: the total is the amount of work, and the shares divide it.
/// - Negative numbers count as 0, sums that would overflow stay at the largest number, fractions stay from 0 to 1.
/// - A call with the identifier of a finished node has no effect.
///
/// `advance`, `setCounts` and `finish` take time in proportion to the depth of the node; `fractionCompleted` takes
/// constant time. The contributions of running children are integers, in parts of 2⁻³² of a unit: after a billion
/// additions and subtractions there is no rounding error.
struct CountTree: Sendable {
    /// The identifier of one node; valid until the node is finished.
    struct NodeID: Sendable, Hashable {
        fileprivate let slot: Int
        fileprivate let generation: UInt64

        /// The root node: the operation itself.
        static let root = NodeID(slot: 0, generation: 0)
    }

    /// The root node: the operation itself.
    static let root = NodeID.root

    private var slots = [CountNode()]
    private var freeSlots: [Int] = []
    private var generations: UInt64 = 0

    /// Creates a tree of one node, the root.
    init(total: Int64? = nil) {
        slots[0].total = total.map { max(0, $0) }
    }

    /// Resets the tree to an empty root; older identifiers have no effect, because no identifier is reused.
    mutating func reset() {
        let given = generations
        self = CountTree()
        generations = given
    }

    /// Restores the root; the parts that were running are not restored, but their units stay in the fraction.
    init(restoring stored: StoredOperation.Counts) {
        self.init(total: stored.totalCount)
        slots[0].completed = max(0, stored.completedCount)
        slots[0].toldUnits = stored.unitsOfParts
    }

    /// The operation's completed fraction, from 0 to 1.
    var fractionCompleted: Double? { slots[0].fraction }

    /// The units that running parts have completed.
    var unitsOfParts: Double { slots[0].runningUnits }

    /// Returns the units completed by the node itself or by finished children; 0 for a finished node.
    func completedCount(_ node: NodeID) -> Int64 { find(node).map { slots[$0].completed } ?? 0 }

    /// Returns the node's total units, never less than its completed units.
    func totalCount(_ node: NodeID) -> Int64? { find(node).flatMap { slots[$0].whole } }

    /// Returns the node's completed fraction, from 0 to 1.
    func fractionCompleted(_ node: NodeID) -> Double? { find(node).flatMap { slots[$0].fraction } }

    /// Returns whether the node exists: neither the node nor any node above it is finished.
    func contains(_ node: NodeID) -> Bool { find(node) != nil }

    /// The number of nodes, including the root.
    var nodeCount: Int { slots.count - freeSlots.count }

    /// Adds a subtask that is worth `share` of the parent's units.
    ///
    /// A child of a finished node is finished from the start.
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

    /// Sets the given counts and keeps the others; an unknown `total` makes the node indeterminate.
    mutating func setCounts(_ node: NodeID, completed: Int64? = nil, total: ProgressTotal? = nil) {
        guard let slot = find(node) else { return }
        if let completed { slots[slot].completed = max(0, completed) }
        if let total { slots[slot].total = total.count.map { max(0, $0) } }
        refresh(from: slot)
    }

    /// The units of running parts that are counted elsewhere; they count in the fraction only.
    var unitsOfPartsElsewhere: Double {
        get { slots[0].toldUnits }
        set { slots[0].toldUnits = newValue }
    }

    /// Adds completed units.
    mutating func advance(_ node: NodeID, by count: Int64 = 1) {
        guard count > 0, let slot = find(node) else { return }
        slots[slot].complete(count)
        refresh(from: slot)
    }

    /// Adds the node's share to its parent, and removes the node with all nodes below it.
    ///
    /// The call has no effect on the root or on a finished node.
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

    /// Updates the contributions of the node and of the nodes above it, until a contribution stays the same.
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

    /// Frees an unlinked node and all nodes below it; not recursive, so that a deep tree cannot exhaust the stack.
    private mutating func free(_ top: Int) {
        var pending = [top]
        while let slot = pending.popLast() {
            if let next = slots[slot].nextSibling { pending.append(next) }
            if let child = slots[slot].firstChild { pending.append(child) }
            slots[slot] = CountNode()
            slots[slot].generation = .max
            freeSlots.append(slot)
        }
        // A few free slots are kept for later children; many are released once only the root is left.
        if freeSlots.count == slots.count - 1, freeSlots.count > 16 {
            slots = [slots[0]]
            freeSlots = []
        }
    }
}
