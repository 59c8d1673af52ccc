// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

/// How many requests each address behind a proxy has, how many watchers each operation and each subject, and how many
/// operations each subject.
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

    /// A slot for a request that has come through a proxy.
    ///
    /// - Parameter client: Whom the proxy names; `nil` counts for nobody.
    /// - Returns: The slot, held until the request is answered, and as long as it watches; `nil` where nothing is limited.
    /// - Throws: A refusal that names the limit.
    func ask(for client: AddressGroup?) throws(Refusal) -> QuotaSlot? {
        guard let client, let limit = limits.requestsPerForwardedAddress else { return nil }
        guard state.withLock({ $0.requestsByAddress.add(client, limit: limit) }) else {
            throw Refusal(.connectionsPerAddress, .tooManyConnections(.connectionsPerAddress))
        }
        return QuotaSlot(.request(of: client), in: self)
    }

    /// A slot for one who watches.
    ///
    /// - Parameters:
    ///   - journal: What is watched; `nil` for the list.
    ///   - subject: Who watches, where that is known.
    ///   - request: The slot of the request, which is held as long.
    /// - Returns: The slot, held as long as it watches; `nil` where nothing is limited.
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

    /// A slot for an operation that a subject creates.
    ///
    /// - Parameters:
    ///   - subject: Who creates it, where that is known.
    ///   - former: The operation that it replaces; where that has a slot of the same subject, the new one takes it over.
    /// - Returns: The slot, held as long as the operation is kept; `nil` where nothing is limited.
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

    /// Counts one less; called when the slot is released.
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
