// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP

/// Admits or refuses new connections by the number of open ones: a pure value.
struct ConnectionAdmission: Sendable {
    /// The decision about a new connection.
    enum Verdict: Equatable {
        /// The connection is admitted and counted.
        case admitted
        /// The connection exceeds a limit, and receives a response that says so.
        case refused(ProgressLimit)
        /// The connection exceeds a limit, and closes without a response, because too many others wait for such a response.
        case dropped(ProgressLimit)
    }

    /// The maximum number of refused connections that stay open until their response is sent.
    static let maximumFarewells = 128

    private var count = 0
    private var farewells = 0
    private var byAddress = KeyedCounts<AddressGroup>()

    /// Decides about a new connection; its group is `nil` if only the total counts.
    mutating func arrived(_ group: AddressGroup?, limits: ConnectionLimits) -> Verdict {
        if let maximum = limits.maximumConnections, count >= maximum { return farewell(.connections) }
        if let group, !byAddress.add(group, limit: limits.maximumConnectionsPerAddress) {
            return farewell(.connectionsPerAddress)
        }
        count += 1
        return .admitted
    }

    /// Records that an admitted connection has closed.
    mutating func left(_ group: AddressGroup?) {
        count -= 1
        if let group { byAddress.remove(group) }
    }

    /// Records that a refused connection has closed.
    mutating func tookLeave() { farewells -= 1 }

    private mutating func farewell(_ limit: ProgressLimit) -> Verdict {
        guard farewells < Self.maximumFarewells else { return .dropped(limit) }
        farewells += 1
        return .refused(limit)
    }
}
