// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

/// A server on which operations have addresses, so that other processes can report and watch them.
package protocol OperationHost: Sendable {
    /// Returns the address of an operation.
    func link(of id: ProgressID) -> ProgressLink

    /// Creates an operation that another process reports.
    ///
    /// - Throws: The reason why the operation cannot be created.
    func handOver(_ options: ProgressOptions) async throws -> any HandedOverOperation
}

/// An operation that another process reports.
package protocol HandedOverOperation: Sendable {
    /// The identifier of the operation.
    var id: ProgressID { get }
    /// The address of the operation, with a token for its worker.
    var link: ProgressLink { get }

    /// Calls a closure with the current snapshot and with every newer one; returns after the end.
    ///
    /// - Throws: The reason why the operation cannot be watched any more.
    func follow(_ take: (ProgressSnapshot) -> Void) async throws

    /// Asks the operation to stop.
    func requestCancel() async

    /// Ends the operation in place of its worker.
    ///
    /// - Throws: The reason why the operation cannot be ended.
    func end(_ outcome: ProgressOutcome) async throws
}

/// The host of a service's operations, if there is one.
final class HostBox: Sendable {
    private let state: Mutex<(any OperationHost)?>

    init(_ host: (any OperationHost)? = nil) {
        state = Mutex(host)
    }

    var host: (any OperationHost)? {
        get { state.withLock(\.self) }
        set { state.withLock { $0 = newValue } }
    }
}

extension ProgressService {
    /// Sets the server on which the operations of the service have addresses.
    package func attach(_ host: any OperationHost) {
        dependencies.host.host = host
    }
}

extension ProgressTracker {
    /// The address of the operation on a server; `nil` if the operation is on no server.
    public var link: ProgressLink? { journal.flatMap { $0.dependencies.host.host?.link(of: $0.id) } }
}
