// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

/// The places of those who ask through proxies, of those who watch, by operation and by subject, and of the operations of
/// each subject.
final class Places: Sendable {
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

    /// A place for a request that has come through a proxy.
    ///
    /// - Parameter client: Whom the proxy names; `nil` counts for nobody.
    /// - Returns: The place, held until the request is answered, and as long as it watches; `nil` where nothing is limited.
    /// - Throws: A refusal that names the limit.
    func ask(for client: AddressGroup?) throws(Refusal) -> LimitTicket? {
        guard let client, let limit = limits.requestsPerForwardedAddress else { return nil }
        guard state.withLock({ $0.requestsByAddress.add(client, limit: limit) }) else {
            throw Refusal(.connectionsPerAddress, .tooManyConnections(.connectionsPerAddress))
        }
        return LimitTicket(.request(of: client), in: self)
    }

    /// A place for one who watches.
    ///
    /// - Parameters:
    ///   - journal: What is watched; `nil` for the list.
    ///   - subject: Who watches, where that is known.
    ///   - request: The place of the request, which is held as long.
    /// - Returns: The place, held as long as it watches; `nil` where nothing is limited.
    /// - Throws: A refusal that names the limit.
    func watch(
        _ journal: ProgressJournal?,
        subject: String?,
        request: LimitTicket? = nil
    ) throws(Refusal) -> LimitTicket? {
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
        return LimitTicket(.watcher(of: operation, subject: subject, request: request), in: self)
    }

    /// A place for an operation that a subject creates.
    ///
    /// - Parameters:
    ///   - subject: Who creates it, where that is known.
    ///   - former: The operation that it replaces; where that has the same subject's place, the new one takes it over.
    /// - Returns: The place, held as long as the operation is kept; `nil` where nothing is limited.
    /// - Throws: A refusal that names the limit.
    func create(subject: String?, inPlaceOf former: ProgressJournal? = nil) throws(Refusal) -> LimitTicket? {
        if let subject, let ticket = former?.keptObject as? LimitTicket, ticket.isForOperation(of: subject) {
            return ticket
        }
        guard let subject, let limit = limits.operationsPerSubject else { return nil }
        guard state.withLock({ $0.operationsBySubject.add(subject, limit: limit) }) else {
            throw Refusal(.operationsPerSubject, Problems.tooManyOperationsOfSubject(limit))
        }
        return LimitTicket(.operation(of: subject), in: self)
    }

    /// A ticket is released.
    func giveBack(_ place: LimitTicket.Place) {
        state.withLock { state in
            switch place {
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
