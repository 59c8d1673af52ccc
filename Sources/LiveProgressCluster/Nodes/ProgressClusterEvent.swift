// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress

/// What happens to a node.
public enum ProgressClusterEvent: Sendable, Hashable {
    /// Another node has announced itself.
    case appeared(String)
    /// Another node has left, or has been silent for too long.
    case gone(String)
    /// The node has taken over an operation of a node that is gone.
    case tookOver(ProgressID, from: String)
    /// Another node has taken over an operation of this node.
    case gaveUp(ProgressID, to: String)
    /// This node or another one has found that the backplane has lost records; the nodes write their operations again.
    case recordsLost
    /// The node cannot reach the backplane.
    case cutOff
    /// The node reaches the backplane again.
    case reconnected
}

/// The figures of a node.
public struct ProgressClusterFigures: Sendable, Hashable {
    /// The number of nodes, with this one.
    public let nodes: Int
    /// The number of other nodes' operations that are watched here; each has one subscription.
    public let copies: Int
    /// The number of records of these operations that have arrived.
    public let records: UInt64
    /// The number of times that missed records were read.
    public let repairs: Int
    /// The number of requests that were passed on to other nodes.
    public let forwardedRequests: Int
    /// The number of operations that the node has taken over.
    public let takenOverOperations: Int
    /// The number of records that the node has written.
    public let writes: UInt64
    /// The number of writes that found another record.
    public let conflicts: Int
    /// The number of operations whose newest changes are not written yet.
    public let waitingOperations: Int
}
