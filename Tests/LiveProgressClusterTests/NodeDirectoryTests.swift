// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressCluster

@Suite("The nodes that one node has heard of")
struct NodeDirectoryTests {
    private func directory(of name: String, hearing others: [String]) -> NodeDirectory {
        var directory = NodeDirectory(name: name, silence: .seconds(5))
        for other in others { _ = directory.hear(other, at: .zero) }
        return directory
    }

    @Test("A node is gone after its silence, unless this node was cut off itself")
    func silence() {
        var directory = directory(of: "a", hearing: ["b", "c"])
        let isNew = directory.hear("b", at: .seconds(3))
        #expect(!isNew)
        #expect(directory.removeSilent(at: .milliseconds(4999)) == [])
        #expect(directory.removeSilent(at: .seconds(5)) == ["c"])
        directory.forgive(at: .seconds(20))
        #expect(directory.removeSilent(at: .seconds(24)) == [])
        #expect(directory.removeSilent(at: .seconds(25)) == ["b"])
        #expect(directory.isPresent("a") && !directory.isPresent("b"))
        #expect(directory.others == [])
    }

    @Test("Every node comes to the same result, and the operations are spread evenly", arguments: [2, 3, 5])
    func sharing(count: Int) {
        let names = (0..<count).map { "node-\($0)" }
        let directories = names.map { name in directory(of: name, hearing: names.filter { $0 != name }) }
        var shares = [Int](repeating: 0, count: count)
        for number in 0..<3000 {
            let id = ProgressID("op-\(number)") ?? ProgressID()
            let takers = directories.indices.filter { directories[$0].mustTakeOver(id) }
            #expect(takers.count == 1)
            for taker in takers { shares[taker] += 1 }
        }
        for share in shares { #expect((2400 / count...3600 / count).contains(share)) }
    }

    @Test("When a node goes, the operations of the others stay where they are")
    func staying() {
        let (before, after) = (directory(of: "a", hearing: ["b", "c"]), directory(of: "a", hearing: ["b"]))
        for number in 0..<1000 {
            let id = ProgressID("op-\(number)") ?? ProgressID()
            #expect(!before.mustTakeOver(id) || after.mustTakeOver(id))
        }
    }
}
