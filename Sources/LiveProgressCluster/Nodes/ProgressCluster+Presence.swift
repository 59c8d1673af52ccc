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
        /// The node does not respond, but nobody says that it is not there.
        case silent
        /// Nobody answers for the node, and nobody will, unless its connection was only interrupted.
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
        let answer = try? await backplane.request(NodeMessage.ping.bytes, to: name, within: configuration.heartbeat)
        let now = configuration.service.clock.now()
        let event = state.withLock { state -> ProgressClusterEvent? in
            // A node that was stopped itself has heard nobody either.
            let wasAway = now - state.lastContact >= configuration.silence
            guard answer != nil else {
                state.hasMissed = true
                defer { state.isCutOff = state.isCutOff || wasAway }
                return wasAway && !state.isCutOff ? .cutOff : nil
            }
            // Even after a short interruption, another node may have taken this one for gone.
            if wasAway || state.hasMissed { state.mustVerify = true }
            (state.lastContact, state.hasMissed) = (now, false)
            guard wasAway || state.isCutOff else { return nil }
            state.isCutOff = false
            state.directory.forgive(at: now)
            return .reconnected
        }
        guard let event else { return }
        writer.noteContact(event == .reconnected)
        configuration.note(event)
        maintenance.wake()
    }

    func hear(_ bytes: [UInt8]) {
        switch NodeAnnouncement(bytes) {
        case .present(let node): notePresence(of: node)
        case .leaving(let node): noteGone(node)
        case nil: break
        }
    }

    func isPresent(_ node: String) -> Bool { state.withLock { $0.directory.isPresent(node) } }

    private func notePresence(of node: String) {
        let now = configuration.service.clock.now()
        let (isNew, wasGone) = state.withLock { state in
            (state.directory.hear(node, at: now), state.gone.remove(node) != nil || state.bereaved.remove(node) != nil)
        }
        if isNew { configuration.note(.appeared(node)) }
        if wasGone { askToVerify(node) }
    }

    /// Notes that an operation of a node was taken over, which finds out when it is there.
    func noteTakeover(from node: String) {
        let isThere = state.withLock { state in
            if state.directory.isPresent(node) { return true }
            state.bereaved.insert(node)
            return false
        }
        if isThere { askToVerify(node) }
    }

    private func askToVerify(_ node: String) {
        Task { [backplane, configuration] in
            // If the message is lost, the node finds out by a conflict.
            _ = try? await backplane.request(NodeMessage.verify.bytes, to: node, within: configuration.requestLimit)
        }
    }

    /// Notes that nobody answers for a node, so that its operations are taken over.
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
