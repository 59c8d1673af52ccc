// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP

/// Decides who gets a connection, by how many there are: a pure value.
struct ConnectionAdmission: Sendable {
    /// What becomes of a newcomer.
    enum Verdict: Equatable {
        /// It is in, and counted.
        case admitted
        /// It is past a limit, and told so.
        case refused(ProgressLimit)
        /// So many are being told so that this one is not.
        case dropped(ProgressLimit)
    }

    /// How many connections may be held open to tell them that they cannot have one.
    static let maximumFarewells = 128

    private var count = 0
    private var farewells = 0
    private var byAddress = KeyedCounts<AddressGroup>()

    /// A connection comes; its group is `nil` where only the total counts.
    mutating func arrived(_ group: AddressGroup?, limits: ConnectionLimits) -> Verdict {
        if let maximum = limits.maximumConnections, count >= maximum { return farewell(.connections) }
        if let group, !byAddress.add(group, limit: limits.maximumConnectionsPerAddress) {
            return farewell(.connectionsPerAddress)
        }
        count += 1
        return .admitted
    }

    /// One who was admitted has gone.
    mutating func left(_ group: AddressGroup?) {
        count -= 1
        if let group { byAddress.remove(group) }
    }

    /// One who was refused has gone.
    mutating func tookLeave() { farewells -= 1 }

    private mutating func farewell(_ limit: ProgressLimit) -> Verdict {
        guard farewells < Self.maximumFarewells else { return .dropped(limit) }
        farewells += 1
        return .refused(limit)
    }
}
