// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import LiveProgress
package import LiveProgressHTTP
import Synchronization

extension ProgressCluster: ProgressNodes {
    package func attach(_ api: ProgressAPI) { state.withLock { $0.api = api } }

    /// The time limit for the answers that a list waits for.
    private static let listLimit = Duration.seconds(2)

    package func copy(of id: ProgressID) async throws(NodesError) -> OperationCopy {
        // A node that is cut off still shows the copies that it has.
        if let journal = followers.present(id) { return .journal(journal) }
        return try await asking { () throws(BackplaneError) in try await followers.copy(of: id) }
    }

    package func catchUp(_ copy: ProgressJournal) async throws(NodesError) {
        try await asking { () throws(BackplaneError) in try await followers.catchUp(copy.id) }
    }

    package func hasLost(_ journal: ProgressJournal) async throws(NodesError) -> Bool {
        try await asking { () throws(BackplaneError) in try await giveUpIfLost(journal) }
    }

    package func noteWatcher(of copy: ProgressJournal) {
        tell(.watched(copy.id), copy.id)
    }

    package func noteFeedWatcher() { feedWatched.wake() }

    package func place(of id: ProgressID) async throws(NodesError) -> OperationPlace {
        if let owner = state.withLock({ $0.owners[id] }) { return .node(owner) }
        let record = try await asking { () throws(BackplaneError) in try await backplane.read(id) }
        guard let record else { return .here }
        if case .removed? = try? NodeRecord(record.payload) {
            writer.noteRemoval(id, at: record.sequence)
            return .gone
        }
        if isPresent(record.owner), record.owner != name {
            note(record.owner, of: id)
            return .node(record.owner)
        }
        // The node itself has removed the operation, or has not begun to write it.
        if record.owner == name, service.knows(id) { return .here }
        let owner = try await asking { () throws(BackplaneError) in try await takeOver(id) }
        guard let owner else { return .gone }
        return owner == name ? .here : .node(owner)
    }

    package func forward(
        _ request: NodeRequest,
        of id: ProgressID?,
        to node: String
    ) async throws(NodesError) -> ProgressResponse? {
        let message = NodeMessage.request(request).bytes
        for attempt in 1...Self.mostTries {
            if attempt > 1 { await pause() }
            do throws(BackplaneError) {
                let bytes = try await backplane.request(message, to: node, within: configuration.requestLimit)
                if case .response(let response)? = NodeAnswer(bytes) {
                    state.withLock { $0.forwarded += 1 }
                    return response
                }
                if let id { state.withLock { $0.owners[id] = nil } }
                await pause()
                return nil
            } catch {
                guard error.code == .noNode else { throw NodesError(error) }
            }
        }
        noteGone(node)
        return nil
    }

    package func askAll(_ request: @Sendable (String) -> NodeRequest) async -> [String: ProgressResponse?] {
        let nodes = state.withLock { $0.directory.others }
        return await withTaskGroup(of: (String, ProgressResponse?).self) { group in
            for node in nodes {
                let message = NodeMessage.request(request(node)).bytes
                group.addTask { [backplane] in
                    let bytes = try? await backplane.request(message, to: node, within: Self.listLimit)
                    guard case .response(let response)? = bytes.flatMap(NodeAnswer.init) else { return (node, nil) }
                    return (node, response)
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = .some($1.1) }
        }
    }

    package func publish(_ journal: ProgressJournal) async throws(NodesError) -> Bool {
        do {
            try await writer.commit(journal.id)
            return true
        } catch {
            if service.ownJournal(journal.id) !== journal { return false }
            let reason = writer.failure(of: journal.id) ?? "a write takes too long"
            writer.forget(journal.id)
            service.giveUp(journal)
            // The record may be written all the same. The operation is then taken over, and fails as worker-lost.
            state.withLock { $0.mustSearch = true }
            throw NodesError(reason, mayHaveHappened: true)
        }
    }

    package func settle(_ id: ProgressID) async {
        // If the backplane fails, the next run is refused for the same reason.
        try? await writer.commit(id)
    }

    package var isCutOff: Bool {
        let now = configuration.service.clock.now()
        return state.withLock { $0.isUnsure || now - $0.lastContact >= configuration.silence }
    }

    // MARK: Messages of other nodes

    func respond(to bytes: [UInt8]) async -> [UInt8] {
        switch NodeMessage(bytes) {
        case .request(let request):
            // A node that leaves writes what it has, and takes nothing more.
            let api = state.withLock { state in
                state.responding += 1
                return state.isJoined ? state.api : nil
            }
            defer {
                state.withLock { $0.responding -= 1 }
                settled.wake()
            }
            let response = await api?.respond(toNode: request)
            return (response.map { NodeAnswer.response($0) } ?? .notHere).bytes
        case .watched(let id): service.ownJournal(id)?.noteWatcherElsewhere()
        // The operation may have ended, and then nothing is to be done.
        case .verify: verifySoon()
        case .cancel(let id): _ = try? service.ownJournal(id)?.requestCancel()
        case .feed(let session, let position):
            return NodeAnswer.feed(await sessions.read(session, after: position)).bytes
        case .ping, nil: break
        }
        return NodeAnswer.done.bytes
    }

    /// Sends a message to the node of an operation of which there is a copy.
    func tell(_ message: NodeMessage, _ id: ProgressID) {
        guard let owner = followers.owner(of: id) else { return }
        Task { [backplane, configuration] in
            // If the message is lost, the watcher asks again, or joins again.
            _ = try? await backplane.request(message.bytes, to: owner, within: configuration.requestLimit)
        }
    }

    private func note(_ owner: String, of id: ProgressID) {
        state.withLock { state in
            if state.owners.count >= Self.mostOwners { state.owners = [:] }
            state.owners[id] = owner
        }
    }

    private func asking<Result>(
        _ call: () async throws(BackplaneError) -> Result
    ) async throws(NodesError) -> Result {
        guard !state.withLock(\.isCutOff) else { throw NodesError.noContact }
        do throws(BackplaneError) {
            return try await call()
        } catch {
            throw NodesError(error)
        }
    }
}

extension NodesError {
    init(_ error: BackplaneError) {
        let text = error.description
        // The reason becomes part of a sentence.
        self.init(
            text.last == "." ? String(text.dropLast()) : text,
            mayHaveHappened: error.code == .unknownOutcome
        )
    }
}
