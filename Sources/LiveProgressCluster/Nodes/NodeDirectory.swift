// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The nodes that one node has heard of: a pure state machine.
///
/// Each node announces itself in intervals. A node is gone if it has been silent for too long, has left, or has no
/// connection; the others share its operations by rendezvous hashing (Thaler and Ravishankar, 1998), so that every node
/// comes to the same result without asking.
struct NodeDirectory: Sendable {
    private let name: String
    private let silence: Duration
    private var lastHeard: [String: Duration] = [:]

    /// Creates a directory that knows only its own node.
    ///
    /// - Parameters:
    ///   - name: The name of the node itself.
    ///   - silence: The time after which a silent node is gone.
    init(name: String, silence: Duration) {
        self.name = name
        self.silence = silence
    }

    /// The other nodes, in the order of their names.
    var others: [String] { lastHeard.keys.sorted() }

    /// Whether a node is present, as far as this node knows.
    func isPresent(_ node: String) -> Bool { node == name || lastHeard[node] != nil }

    /// Notes that a node has announced itself; returns whether it is new.
    mutating func hear(_ node: String, at now: Duration) -> Bool {
        guard node != name else { return false }
        return lastHeard.updateValue(now, forKey: node) == nil
    }

    /// Notes that a node has left, or that it does not exist; returns whether it was present.
    mutating func remove(_ node: String) -> Bool {
        lastHeard.removeValue(forKey: node) != nil
    }

    /// Removes the nodes that are silent for too long, and returns them.
    mutating func removeSilent(at now: Duration) -> [String] {
        let gone = lastHeard.filter { now - $0.value >= silence }.keys.sorted()
        for node in gone { lastHeard[node] = nil }
        return gone
    }

    /// Restarts the silence of all nodes, because this node was cut off itself.
    mutating func forgive(at now: Duration) {
        for node in lastHeard.keys { lastHeard[node] = now }
    }

    /// Returns whether this node takes over an operation whose node is gone.
    func mustTakeOver(_ id: ProgressID) -> Bool {
        let nodes = others + [name]
        return nodes.max { (Self.weight($0, id), $0) < (Self.weight($1, id), $1) } == name
    }

    /// The weight of a node for an operation, the same on every node: FNV-1a (RFC 9923) with a final mix.
    private static func weight(_ node: String, _ id: ProgressID) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in Array(node.utf8) + [0] + Array(id.rawValue.utf8) { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash ^= hash >> 33
        hash = hash &* 0xff51_afd7_ed55_8ccd
        return hash ^ hash >> 33
    }
}
