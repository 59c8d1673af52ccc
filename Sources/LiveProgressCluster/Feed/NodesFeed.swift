// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

/// The operations of the other nodes in the feed of this node, while somebody watches it.
final class NodesFeed: Sendable {
    private struct Listed {
        var journal: ProgressJournal
        var node: String
    }

    private struct State {
        var tasks: [String: Task<Void, Never>] = [:]
        var listed: [ProgressID: Listed] = [:]
    }

    /// The time to wait before a node that has not responded is asked again.
    private static let pause = Duration.seconds(1)

    private let service: ProgressService
    /// Asks a node for the changes after a position; `nil` if the node has not responded.
    private let ask: @Sendable (_ node: String, _ session: String, _ position: UInt64) async -> FeedAnswer?
    private let state = Mutex(State())

    init(
        _ service: ProgressService,
        ask: @escaping @Sendable (_ node: String, _ session: String, _ position: UInt64) async -> FeedAnswer?
    ) {
        self.service = service
        self.ask = ask
    }

    /// Asks exactly these nodes for their changes.
    func follow(_ nodes: [String]) {
        let wanted = Set(nodes)
        let (ended, missing) = state.withLock { state in
            let ended = state.tasks.filter { !wanted.contains($0.key) }
            for node in ended.keys { state.tasks[node] = nil }
            if wanted.isEmpty { state.listed = [:] }
            return (ended.map(\.value), wanted.subtracting(state.tasks.keys))
        }
        for task in ended { task.cancel() }
        for node in missing {
            let task = Task { [weak self] in
                guard let self else { return }
                await self.follow(node)
            }
            state.withLock { $0.tasks[node] = task }
        }
    }

    /// Asks one node, until the task is cancelled.
    private func follow(_ node: String) async {
        // Another session has another position, so each one begins with all operations.
        let session = String(UInt64.random(in: .min ... .max), radix: 36)
        var position: UInt64 = 0
        var seen: Set<ProgressID>? = []
        while !Task.isCancelled {
            guard let answer = await ask(node, session, position) else {
                let clock = service.configuration.clock
                try? await clock.sleep(clock.now() + Self.pause)
                continue
            }
            guard !Task.isCancelled else { return }
            if answer.mustRestart { seen = [] }
            for event in answer.events {
                if case .changed(let snapshot) = event { seen?.insert(snapshot.id) }
                take(event, from: node)
            }
            if answer.isComplete, !answer.mustRestart, let all = seen.take() { removeOthers(than: all, of: node) }
            position = answer.position
        }
    }

    private func take(_ event: ProgressFeedEvent, from node: String) {
        switch event {
        case .changed(let snapshot):
            let id = snapshot.id
            // The node that takes over an operation may be this one.
            guard service.ownJournal(id) == nil else { return state.withLock { $0.listed[id] = nil } }
            let change = StoredOperation(revisions: [StoredOperation.Revision(snapshot: snapshot)])
            let known = state.withLock { $0.listed[id]?.journal }
            let journal: ProgressJournal
            if let known, known.epoch == change.epoch {
                known.follow(change)
                journal = known
            } else {
                journal = service.copy(of: change)
            }
            state.withLock { $0.listed[id] = Listed(journal: journal, node: node) }
            service.changes.noteChange(ofCopy: journal)
        case .removed(let id): remove(id, of: node)
        }
    }

    /// Removes the operations that a node has no more, after it has sent all.
    private func removeOthers(than seen: Set<ProgressID>, of node: String) {
        let gone = state.withLock { state in
            state.listed.filter { $0.value.node == node && !seen.contains($0.key) }.map(\.key)
        }
        for id in gone { remove(id, of: node) }
    }

    private func remove(_ id: ProgressID, of node: String) {
        let journal = state.withLock { state -> ProgressJournal? in
            // Another node may have taken over the operation meanwhile.
            guard state.listed[id]?.node == node else { return nil }
            return state.listed.removeValue(forKey: id)?.journal
        }
        guard let journal, service.ownJournal(id) == nil else { return }
        service.changes.noteRemoval(ofCopy: journal)
    }
}
