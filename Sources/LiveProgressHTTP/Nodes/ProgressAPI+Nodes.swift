// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
@_spi(Server) import LiveProgressWire

/// How the API serves the operations of several nodes.
extension ProgressAPI {
    /// The most nodes that a request is passed on to one after the other, while an operation moves.
    private static let mostMoves = 4

    /// Handles a request on the node where it belongs.
    func handle(_ call: APICall, among nodes: any ProgressNodes) async throws(Refusal) -> ProgressResponse {
        switch (call.route, call.request.method) {
        case (.collection, .get), (.collection, .head): return try await listAll(call, nodes)
        case (.operation, .get), (.operation, .head):
            var call = call
            if mustCopy(call) { call.copy = try await copy(for: call) }
            return try await handle(call)
        default: return try await change(call, among: nodes)
        }
    }

    // MARK: Changing

    /// Applies a change on the node that has the operation, or creates the operation on this node.
    private func change(_ call: APICall, among nodes: any ProgressNodes) async throws(Refusal) -> ProgressResponse {
        var call = call
        let id = try target(of: &call)
        for _ in 0..<Self.mostMoves {
            switch try await place(of: id, nodes) {
            case .node(let name):
                let request = NodeRequest(head: call.request, body: call.body, caller: call.caller, newID: call.newID)
                if let response = try await asked({ () async throws(NodesError) -> ProgressResponse? in
                    try await nodes.forward(request, of: id, to: name)
                }) {
                    return response
                }
            case .gone where call.route != .collection: throw Refusal(Problems.removed)
            case .here, .gone:
                if let response = try await changeHere(call, nodes) { return response }
            }
        }
        throw Refusal(Problems.unreachable(NodesError("the operation is moving between them", mayHaveHappened: false)))
    }

    /// Applies a change on this node; `nil` if another node has created the same operation meanwhile.
    private func changeHere(_ call: APICall, _ nodes: any ProgressNodes) async throws(Refusal) -> ProgressResponse? {
        // Two nodes that both apply changes would show two ends.
        guard !nodes.isCutOff else {
            throw Refusal(Problems.unreachable(.noContact))
        }
        // A new run replaces the records of the ended one, which watchers elsewhere must see first.
        if call.route == .collection, let id = try createdID(call), service.ownJournal(id)?.isEnded == true {
            await nodes.settle(id)
        }
        let response = try await handle(call)
        if call.request.method == .delete, let id = call.route.operation {
            // Otherwise a read finds the record of the operation.
            await nodes.settle(id)
        }
        guard response.head.status == .created, let id = createdID(response, call) else { return response }
        guard let journal = service.ownJournal(id) else {
            // It has expired already, or another node was first, and this one has given up its own.
            return service.knows(id) ? response : nil
        }
        let isOurs = try await asked { () async throws(NodesError) -> Bool in try await nodes.publish(journal) }
        return isOurs ? response : nil
    }

    private func place(of id: ProgressID?, _ nodes: any ProgressNodes) async throws(Refusal) -> OperationPlace {
        guard let id, service.ownJournal(id) == nil else { return .here }
        return try await asked { () async throws(NodesError) -> OperationPlace in try await nodes.place(of: id) }
    }

    /// Returns the operation that a request changes or creates; `nil` if this node chooses the identifier.
    ///
    /// A creation with a key gets an identifier from the key, so that every node finds the first creation with it.
    private func target(of call: inout APICall) throws(Refusal) -> ProgressID? {
        switch call.route {
        case .operation(let id), .cancel(let id), .answer(let id): return id
        case .collection:
            if call.newID == nil { call.newID = try IdempotencyKey(of: call)?.operationID }
            return try createdID(call)
        }
    }

    /// Returns the identifier of the operation that a creation names, or that its key determines.
    private func createdID(_ call: APICall) throws(Refusal) -> ProgressID? {
        try BodyReader(call, allowing: BodyReader.creation).creation().id ?? call.newID
    }

    private func createdID(_ response: ProgressResponse, _ call: APICall) -> ProgressID? {
        if let id = call.route.operation { return id }
        return response.head.headerFields[.location]?.split(separator: "/").last.flatMap { ProgressID(String($0)) }
    }

    // MARK: Reading

    /// Returns whether a watcher needs a copy of an operation that another node has.
    func mustCopy(_ call: APICall) -> Bool {
        guard configuration.nodes != nil, let id = call.route.operation else { return false }
        guard let own = service.ownJournal(id) else { return true }
        // The client comes from a node that has taken over, or its cursor is of no revision.
        return isAhead(call, of: own)
    }

    /// Whether a client has a later revision of an operation than this node, as it says.
    private func isAhead(_ call: APICall, of journal: ProgressJournal) -> Bool {
        let known = call.knownCursors
        guard !known.isEmpty else { return false }
        let newest = journal.snapshot().cursor
        return known.contains { cursor in
            cursor.epoch == newest.epoch
                && (cursor.generation, cursor.revision) > (newest.generation, newest.revision)
        }
    }

    /// Returns a copy of the operation of a request; `nil` if no node has the operation.
    func copy(for call: APICall) async throws(Refusal) -> ProgressJournal? {
        guard let nodes = configuration.nodes, let id = call.route.operation else { return nil }
        if let own = service.ownJournal(id) {
            let isLost = try await asked { () async throws(NodesError) -> Bool in try await nodes.hasLost(own) }
            guard isLost else { return nil }
        }
        switch try await asked({ () async throws(NodesError) -> OperationCopy in try await nodes.copy(of: id) }) {
        case .journal(let journal):
            // A watcher that comes from another node must not go back to older revisions.
            if isAhead(call, of: journal) {
                try await asked { () async throws(NodesError) in try await nodes.catchUp(journal) }
            }
            return journal
        case .removed: throw Refusal(Problems.removed)
        case .none: return nil
        }
    }

    /// Returns the quota slot of a watcher, and tells the node that has the operation of the watcher.
    func watchSlot(of journal: ProgressJournal?, _ call: APICall) throws(Refusal) -> QuotaSlot? {
        let slot = try shared.quotas.watch(journal, subject: call.subject, request: call.slot)
        if let copy = call.copy { configuration.nodes?.noteWatcher(of: copy) }
        if journal == nil { configuration.nodes?.noteFeedWatcher() }
        return slot
    }

    // MARK: Other nodes

    /// Responds to a request that another node has passed on.
    ///
    /// - Parameter request: The request, which that node has screened.
    /// - Returns: The response; `nil` if this node does not have the operation.
    package func respond(toNode request: NodeRequest) async -> ProgressResponse? {
        let target = RequestTarget(request.head.path ?? "/")
        guard let route = Route(path: target.path, under: configuration.path) else { return nil }
        do throws(Refusal) {
            var call = try APICall(
                request.head,
                body: request.body,
                caller: request.caller,
                target: target,
                route: route
            )
            call.newID = request.newID
            call.permissions = try await permissions(of: call)
            try call.readParameters()
            if route == .collection, call.request.method != .post { return try listForNode(call) }
            guard let nodes = configuration.nodes, let id = try self.target(of: &call) else { return nil }
            // The newest record may name this node, though it has given the operation up after an unknown outcome.
            if !service.knows(id), try await place(of: id, nodes) != .here { return nil }
            return try await changeHere(call, nodes)
        } catch {
            if let limit = error.limit { configuration.limitRefusals.count(limit) }
            return ProgressResponse(addingAdvice(to: error))
        }
    }

    /// Makes a call to the other nodes.
    private func asked<Result>(
        _ call: () async throws(NodesError) -> Result
    ) async throws(Refusal) -> Result {
        do throws(NodesError) {
            return try await call()
        } catch {
            throw Refusal(Problems.unreachable(error))
        }
    }
}

extension Problems {
    /// Another node has removed the operation.
    static let removed = ProgressProblem(
        .gone,
        "The operation was deleted, or its retention is over. POST with its id begins a new run."
    )

    /// The other nodes cannot be reached, so the request cannot be handled now.
    static func unreachable(_ error: NodesError) -> ProgressProblem {
        let outcome =
            error.mayHaveHappened
            ? "It is not known whether the request was carried out. Repeat it with the same Idempotency-Key: it is applied once."
            : "Nothing was changed. Try again later."
        return ProgressProblem(.storeUnavailable, "The other nodes cannot be reached: \(error.reason). \(outcome)")
    }
}
