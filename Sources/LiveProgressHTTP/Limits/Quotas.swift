// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

/// The number of requests per address behind a proxy, and of watchers and operations, with their limits.
///
/// Watchers are counted per operation and per subject. Operations are counted per subject.
final class Quotas: Sendable {
    private struct State {
        var requestsByAddress = KeyedCounts<AddressGroup>()
        var watchersByOperation = KeyedCounts<ObjectIdentifier>()
        var watchersBySubject = KeyedCounts<String>()
        var operationsBySubject = KeyedCounts<String>()
    }

    private let limits: ProgressLimits
    private let state = Mutex(State())

    init(limits: ProgressLimits) {
        self.limits = limits
    }

    /// Returns a slot for a request that a proxy has forwarded.
    ///
    /// - Parameter client: The client address that the proxy reports; `nil` is not counted.
    /// - Returns: The slot, to be held until the response or the watch ends; `nil` if no limit applies.
    /// - Throws: A refusal that names the limit.
    func ask(for client: AddressGroup?) throws(Refusal) -> QuotaSlot? {
        guard let client, let limit = limits.requestsPerForwardedAddress else { return nil }
        guard state.withLock({ $0.requestsByAddress.add(client, limit: limit) }) else {
            throw Refusal(.connectionsPerAddress, .tooManyConnections(.connectionsPerAddress))
        }
        return QuotaSlot(.request(of: client), in: self)
    }

    /// Returns a slot for a watcher.
    ///
    /// - Parameters:
    ///   - journal: The journal of the watched operation; `nil` for the list.
    ///   - subject: The subject of the watcher, if known.
    ///   - request: The slot of the request, which the new slot holds.
    /// - Returns: The slot, to be held until the watch ends; `nil` if no limit applies.
    /// - Throws: A refusal that names the limit.
    func watch(
        _ journal: ProgressJournal?,
        subject: String?,
        request: QuotaSlot? = nil
    ) throws(Refusal) -> QuotaSlot? {
        let operation = limits.watchersPerOperation == nil ? nil : journal
        let subject = limits.watchersPerSubject == nil ? nil : subject
        guard operation != nil || subject != nil else { return request }
        let exceeded = state.withLock { state -> ProgressLimit? in
            if let operation {
                let key = ObjectIdentifier(operation)
                guard state.watchersByOperation.add(key, limit: limits.watchersPerOperation) else {
                    return .watchersPerOperation
                }
            }
            guard let subject else { return nil }
            if state.watchersBySubject.add(subject, limit: limits.watchersPerSubject) { return nil }
            if let operation { state.watchersByOperation.remove(ObjectIdentifier(operation)) }
            return .watchersPerSubject
        }
        if let exceeded { throw Refusal(exceeded, Problems.tooManyWatchers(exceeded)) }
        return QuotaSlot(.watcher(of: operation, subject: subject, request: request), in: self)
    }

    /// Returns a slot for an operation that a subject creates.
    ///
    /// - Parameters:
    ///   - subject: The subject that creates the operation, if known.
    ///   - former: The operation that the new one replaces; a slot of the same subject passes to the new operation.
    /// - Returns: The slot, to be held for as long as the operation is kept; `nil` if no limit applies.
    /// - Throws: A refusal that names the limit.
    func create(subject: String?, inPlaceOf former: ProgressJournal? = nil) throws(Refusal) -> QuotaSlot? {
        if let subject, let slot = former?.attachment as? QuotaSlot, slot.isForOperation(of: subject) {
            return slot
        }
        guard let subject, let limit = limits.operationsPerSubject else { return nil }
        guard state.withLock({ $0.operationsBySubject.add(subject, limit: limit) }) else {
            throw Refusal(.operationsPerSubject, Problems.tooManyOperationsOfSubject(limit))
        }
        return QuotaSlot(.operation(of: subject), in: self)
    }

    /// Subtracts a holder from the counts; the release of a slot calls this function.
    func release(_ holder: QuotaSlot.Holder) {
        state.withLock { state in
            switch holder {
            case .request(let client):
                state.requestsByAddress.remove(client)
            case .watcher(let operation, let subject, _):
                if let operation { state.watchersByOperation.remove(ObjectIdentifier(operation)) }
                if let subject { state.watchersBySubject.remove(subject) }
            case .operation(let subject):
                state.operationsBySubject.remove(subject)
            }
        }
    }
}
