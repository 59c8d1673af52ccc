// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

/// How the nodes know which of them are there.
extension ProgressCluster {
    /// The number of tries to reach a node that is not there, before it counts as gone.
    ///
    /// Such a node may be connecting to another server of the backplane.
    static let mostTries = 4
    private static let tryInterval = Duration.milliseconds(250)

    /// What a node knows of another one.
    enum Presence: Sendable {
        case present
        /// The node is connected, but does not respond.
        case silent
        /// The node has no connection.
        case gone
    }

    /// Announces the node and notices which nodes are silent, until the task is cancelled.
    func beat() async {
        let clock = configuration.service.clock
        while !Task.isCancelled {
            backplane.announce(NodeAnnouncement.present(name).bytes)
            await checkContact()
            let now = clock.now()
            let silent = state.withLock { $0.isCutOff ? [] : $0.directory.removeSilent(at: now) }
            for node in silent { notePassing(of: node) }
            let isWatched = service.changes.hasWatchers(besides: sessions.count)
            feed.follow(isWatched ? state.withLock { $0.directory.others } : [])
            sessions.sweep()
            _ = await feedWatched.wait(until: now + configuration.heartbeat, on: clock)
        }
    }

    /// Asks itself over the backplane; after an interruption, the node must find out what others have taken over.
    private func checkContact() async {
        let begin = configuration.service.clock.now()
        let answer = try? await backplane.request(NodeMessage.ping.bytes, to: name, within: configuration.heartbeat)
        let now = configuration.service.clock.now()
        let event = state.withLock { state -> ProgressClusterEvent? in
            // While this node was stopped or cut off, it received no announcement.
            let wasAway = now - state.lastContact >= configuration.silence
            guard answer != nil else {
                state.hasMissed = true
                defer { state.isCutOff = state.isCutOff || wasAway }
                return wasAway && !state.isCutOff ? .cutOff : nil
            }
            // Even after a short interruption, another node may have taken this one for gone.
            if wasAway || state.hasMissed { state.mustVerify = true }
            state.isUnsure = state.isUnsure || wasAway
            // The others count from the announcement just before.
            (state.lastContact, state.hasMissed) = (begin, false)
            guard wasAway || state.isCutOff else { return nil }
            state.isCutOff = false
            state.directory.forgive(at: now)
            return .reconnected
        }
        // Another node may take over soon, and decides then.
        if answer == nil { service.holdDeadlines() }
        guard let event else { return }
        writer.noteContact(event == .reconnected)
        configuration.note(event)
        maintenance.wake()
    }

    func hear(_ bytes: [UInt8]) {
        switch NodeAnnouncement(bytes) {
        case .present(let node): notePresence(of: node)
        case .leaving(let node): noteGone(node)
        case .recordsLost:
            configuration.note(.recordsLost)
            verifySoon()
        case nil: break
        }
    }

    func isPresent(_ node: String) -> Bool { state.withLock { $0.directory.isPresent(node) } }

    private func notePresence(of node: String) {
        let now = configuration.service.clock.now()
        let isNew = state.withLock { state in
            state.gone.remove(node)
            return state.directory.hear(node, at: now)
        }
        guard isNew else { return }
        configuration.note(.appeared(node))
        // The node may have been silent, and others may have taken over its operations.
        askToVerify(node)
    }

    /// Asks a node to find out which of its operations others have taken over.
    func askToVerify(_ node: String) {
        Task { [weak self, backplane, configuration] in
            for _ in 0..<Self.mostTries {
                let message = NodeMessage.verify.bytes
                let answer = try? await backplane.request(message, to: node, within: configuration.requestLimit)
                guard answer == nil, let self, isPresent(node) else { return }
                await pause()
            }
        }
    }

    /// Notes that a node has no connection any more, so that its operations are taken over.
    func noteGone(_ node: String) {
        let wasPresent = state.withLock { state in
            state.gone.insert(node)
            return state.directory.remove(node)
        }
        if wasPresent { notePassing(of: node) }
    }

    private func notePassing(of node: String) {
        state.withLock { state in
            state.owners = state.owners.filter { $0.value != node }
            state.mustSearch = true
        }
        configuration.note(.gone(node))
        maintenance.wake()
    }

    /// Finds out whether a node is there that has not announced itself, or not for long.
    func presence(of node: String) async -> Presence {
        for attempt in 1...Self.mostTries {
            if isPresent(node) { return .present }
            if state.withLock({ $0.gone.contains(node) }) { return .gone }
            if attempt > 1 { await pause() }
            do throws(BackplaneError) {
                _ = try await backplane.request(NodeMessage.ping.bytes, to: node, within: configuration.heartbeat)
                notePresence(of: node)
                return .present
            } catch {
                guard error.code == .noNode else { return .silent }
            }
        }
        noteGone(node)
        return .gone
    }

    func pause() async {
        let clock = configuration.service.clock
        try? await clock.sleep(clock.now() + Self.tryInterval)
    }
}
