// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

struct CountTree: Sendable {
    typealias NodeID = Int
    static let root = 0
    var c: Int64 = 0
    var t: Int64?
    mutating func addChild(of node: NodeID, assigning: Int64) -> NodeID { 1 }
    mutating func setCounts(_ node: NodeID, completed: Int64?, total: Int64??) {
        if let completed { c = completed }
        if let total { t = total }
    }
    mutating func advance(_ node: NodeID, by: Int64) { c += by }
    mutating func finish(_ node: NodeID) {}
    func contains(_ node: NodeID) -> Bool { true }
    func completedCount(_ node: NodeID) -> Int64 { c }
    func totalCount(_ node: NodeID) -> Int64? { t }
    var fractionCompleted: Double? { t.map { Double(c) / Double($0) } }
}
