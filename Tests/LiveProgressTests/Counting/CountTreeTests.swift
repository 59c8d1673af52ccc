// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressTesting
import Testing

@testable import LiveProgress

@Suite("The tree of weighted counts")
struct CountTreeTests {
    typealias NodeID = CountTree.NodeID

    @Test("An operation without parts has a fraction only if its total is known")
    func rootAlone() {
        var tree = CountTree()
        #expect(tree.fractionCompleted == nil)
        tree.advance(.root, by: 3)
        #expect(tree.completedCount(.root) == 3)
        #expect(tree.fractionCompleted == nil)
        tree.setCounts(.root, total: 4)
        #expect(tree.fractionCompleted == 0.75)
        tree.setCounts(.root, completed: 5)
        #expect(tree.fractionCompleted == 1)
        #expect(tree.totalCount(.root) == 5)
        tree.setCounts(.root, total: 0)
        #expect(tree.totalCount(.root) == 5)
        #expect(tree.fractionCompleted == 1)
        tree.setCounts(.root, completed: 0)
        #expect(tree.fractionCompleted == nil)
        tree.setCounts(.root, total: .unknown)
        #expect(tree.fractionCompleted == nil)
        #expect(tree.totalCount(.root) == nil)
    }

    @Test("A running child contributes to the fraction, not to the completed count")
    func runningChild() {
        var tree = CountTree(total: 10)
        let child = tree.addChild(of: .root, assigning: 4)
        #expect(tree.fractionCompleted == 0)
        tree.setCounts(child, total: 8)
        tree.advance(child, by: 2)
        #expect(tree.fractionCompleted == 0.1)
        #expect(tree.fractionCompleted(child) == 0.25)
        #expect(tree.completedCount(.root) == 0)
        tree.advance(.root, by: 1)
        #expect(tree.fractionCompleted == 0.2)
    }

    @Test("Finishing a child adds its share to the parent's completed count once")
    func finish() {
        var tree = CountTree(total: 10)
        let child = tree.addChild(of: .root, assigning: 4)
        tree.setCounts(child, completed: 1, total: 3)
        tree.finish(child)
        tree.finish(child)
        #expect(tree.completedCount(.root) == 4)
        #expect(tree.fractionCompleted == 0.4)
        #expect(tree.nodeCount == 1)
        #expect(tree.completedCount(child) == 0)
    }

    @Test("Finishing a node removes its subtree; later calls on removed nodes have no effect")
    func finishedSubtree() {
        var tree = CountTree(total: 2)
        let child = tree.addChild(of: .root, assigning: 1)
        let grandchild = tree.addChild(of: child, assigning: 5)
        tree.finish(child)
        tree.advance(child, by: 7)
        tree.advance(grandchild, by: 7)
        tree.setCounts(grandchild, completed: 7, total: 7)
        tree.finish(grandchild)
        let late = tree.addChild(of: grandchild, assigning: 1)
        tree.finish(late)
        #expect(tree.nodeCount == 1)
        #expect(tree.completedCount(.root) == 1)
        let next = tree.addChild(of: .root, assigning: 1)
        tree.advance(child, by: 1)
        #expect(tree.completedCount(next) == 0)
    }

    @Test("finish has no effect on the root")
    func finishRoot() {
        var tree = CountTree(total: 2)
        tree.finish(.root)
        #expect(tree.fractionCompleted == 0)
        #expect(tree.nodeCount == 1)
    }

    @Test("Negative numbers count as zero")
    func negative() {
        var tree = CountTree(total: -5)
        #expect(tree.totalCount(.root) == 0)
        tree.setCounts(.root, completed: -1, total: 10)
        tree.advance(.root, by: -3)
        let child = tree.addChild(of: .root, assigning: -4)
        tree.finish(child)
        #expect(tree.completedCount(.root) == 0)
        #expect(tree.fractionCompleted == 0)
    }

    @Test("Sums stop at the maximum integer")
    func saturating() {
        var tree = CountTree(total: .max)
        tree.advance(.root, by: .max)
        tree.advance(.root, by: .max)
        let children = (0..<3).map { _ in tree.addChild(of: .root, assigning: .max) }
        for child in children { tree.setCounts(child, completed: .max, total: 1) }
        #expect(tree.fractionCompleted == 1)
        for child in children { tree.finish(child) }
        #expect(tree.completedCount(.root) == .max)
        #expect(tree.fractionCompleted == 1)
    }

    @Test("A deep tree computes its fraction and is freed without recursion")
    func deepChain() {
        var tree = CountTree(total: 1)
        var node = NodeID.root
        for _ in 0..<20_000 {
            let child = tree.addChild(of: node, assigning: 1)
            tree.setCounts(child, total: 1)
            node = child
        }
        tree.advance(node)
        #expect(tree.fractionCompleted == 1)
        let wide = tree.addChild(of: .root, assigning: 1)
        for _ in 0..<20_000 { _ = tree.addChild(of: wide, assigning: 1) }
        tree.finish(wide)
        #expect(tree.nodeCount == 20_001)
    }

    @Test("Finished children leave no memory and no rounding error")
    func noResidue() {
        var tree = CountTree(total: 1_000_000)
        for _ in 0..<10_000 {
            let child = tree.addChild(of: .root, assigning: 7)
            tree.setCounts(child, total: 3)
            tree.advance(child)
            tree.setCounts(child, completed: 0)
            tree.advance(child, by: 2)
            tree.finish(child)
        }
        #expect(tree.nodeCount == 1)
        #expect(tree.fractionCompleted == 0.07)
    }

    @Test("Random trees agree with a simple recursive model", arguments: 0..<20 as Range<UInt64>)
    func agreesWithModel(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var tree = CountTree(total: 100)
        let model = ModelNode(total: 100)
        var known: [(id: NodeID, node: ModelNode)] = [(.root, model)]
        for _ in 0..<600 {
            let (id, node) = known.randomElement(using: &random)!
            let count = Int64.random(in: -3...40, using: &random)
            switch Int.random(in: 0..<9, using: &random) {
            case 0...2:
                let child = ModelNode(share: max(0, count), parent: node)
                if !node.isGone { node.children.append(child) }
                child.isGone = node.isGone
                known.append((tree.addChild(of: id, assigning: count), child))
            case 3...5:
                tree.advance(id, by: count)
                if !node.isGone { node.completed += max(0, count) }
            case 6:
                tree.setCounts(id, completed: count)
                if !node.isGone { node.completed = max(0, count) }
            case 7:
                let total: Int64? = count < 0 ? nil : count
                tree.setCounts(id, total: ProgressTotal(total))
                if !node.isGone { node.total = total }
            default:
                tree.finish(id)
                node.finish()
            }
            for (id, node) in known.suffix(5) + known.prefix(2) where !node.isGone {
                #expect(tree.completedCount(id) == node.completed)
                #expect(tree.totalCount(id) == node.whole)
                let (fraction, expected) = (tree.fractionCompleted(id) ?? -1, node.fraction ?? -1)
                #expect(abs(fraction - expected) < 1e-6)
            }
            #expect(tree.nodeCount == model.size)
        }
    }
}

/// A recursive model that computes each value directly from its definition.
private final class ModelNode {
    let share: Int64
    var completed: Int64 = 0
    var total: Int64?
    var children: [ModelNode] = []
    var isGone = false
    private weak var parent: ModelNode?

    init(total: Int64? = nil, share: Int64 = 0, parent: ModelNode? = nil) {
        self.total = total
        self.share = share
        self.parent = parent
    }

    var whole: Int64? { total.map { max($0, completed) } }

    var fraction: Double? {
        guard let whole, whole > 0 else { return nil }
        let running = children.reduce(0) { $0 + Double($1.share) * ($1.fraction ?? 0) }
        return min(1, (Double(completed) + running) / Double(whole))
    }

    var size: Int { children.reduce(1) { $0 + $1.size } }

    func finish() {
        guard !isGone, let parent else { return }
        parent.completed += share
        parent.children.removeAll { $0 === self }
        markGone()
    }

    private func markGone() {
        isGone = true
        for child in children { child.markGone() }
    }
}
