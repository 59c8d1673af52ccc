// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Synchronization

/// How a node takes over the operations of a node that is gone, and gives up what others have taken over.
extension ProgressCluster {
    /// The time that a new node listens before it takes over.
    private static let listening = Duration.milliseconds(1500)
    /// The interval in which a node looks for operations that no node has, also if it has noticed nothing.
    private static let searchInterval = Duration.seconds(300)
    /// The time after a search for which the nodes may have disagreed about who is there.
    private static let secondSearch = Duration.seconds(10)
    /// The most operations that are taken over at the same time.
    private static let mostAtOnce = 32
    /// The most copies that are checked in one heartbeat.
    private static let mostChecks = 200

    /// Takes over, gives up, and repairs copies, until the task is cancelled.
    func maintain() async {
        let clock = configuration.service.clock
        var nextSearch = clock.now() + Self.listening
        var nextVerification: Duration?
        while !Task.isCancelled {
            let now = clock.now()
            let (isCutOff, mustVerify, mustSearch) = state.withLock { state in
                defer { if !state.isCutOff { (state.mustVerify, state.mustSearch) = (false, false) } }
                return (state.isCutOff, state.mustVerify, state.mustSearch)
            }
            if !isCutOff {
                if mustVerify || nextVerification.map({ $0 <= now }) == true {
                    await verify()
                    // A server of the backplane may not have had the newest records yet.
                    nextVerification = mustVerify ? clock.now() + configuration.heartbeat * 2 : nil
                }
                if mustSearch || nextSearch <= now {
                    await search()
                    nextSearch = clock.now() + (mustSearch ? Self.secondSearch : Self.searchInterval)
                }
                // What others have taken over is given up by now.
                let isSure = state.withLock { state in
                    guard !state.isCutOff, !state.hasMissed, !state.mustVerify else { return false }
                    state.isUnsure = false
                    return true
                }
                if isSure { service.releaseDeadlines() }
                await followers.checkQuiet(since: now - configuration.heartbeat * 2, atMost: Self.mostChecks)
            }
            _ = await maintenance.wait(until: clock.now() + configuration.heartbeat, on: clock)
        }
    }

    /// Takes over the operations of nodes that are gone, as far as they fall to this node.
    private func search() async {
        guard let records = try? await backplane.scan() else { return state.withLock { $0.mustSearch = true } }
        if records.contains(where: { $0.owner != name && service.ownJournal($0.id) != nil }) {
            state.withLock { $0.mustVerify = true }
        }
        for owner in Set(records.map(\.owner)) { _ = await presence(of: owner) }
        let ours = records.filter { record in
            // A creation whose outcome was unknown may have left a record of this node.
            if record.owner == name { return !service.knows(record.id) }
            return state.withLock { !$0.directory.isPresent(record.owner) && $0.directory.mustTakeOver(record.id) }
        }
        await withTaskGroup(of: Void.self) { group in
            for (number, record) in ours.enumerated() {
                if number >= Self.mostAtOnce { await group.next() }
                // What fails is found again by the next search.
                group.addTask { _ = try? await self.takeOver(record.id) }
            }
        }
    }

    /// Takes over an operation whose node is gone.
    ///
    /// - Returns: The node that has the operation now; `nil` if it does not exist any more.
    func takeOver(_ id: ProgressID) async throws(BackplaneError) -> String? {
        // One at a time, so that a caller does not find a record of this node before its journal.
        while !state.withLock({ $0.takingOver.insert(id).inserted }) {
            do {
                _ = try await takeovers.wait { state.withLock { $0.takingOver.contains(id) ? nil : true } }
            } catch {
                throw BackplaneError(.unavailable, "the request was cancelled")
            }
        }
        defer {
            state.withLock { _ = $0.takingOver.remove(id) }
            takeovers.wake()
        }
        let history = try await backplane.history(of: id)
        guard let newest = history.last, let stored = history.operation else { return nil }
        guard newest.owner == name ? !service.knows(id) : try await mayTakeOver(stored, of: newest.owner) else {
            return newest.owner
        }
        let journal = service.restored(stored, wasClosed: false)
        let (change, position) = journal.wholeForNodes()
        let sequence: UInt64
        do throws(BackplaneError) {
            sequence = try await writer.write(change, of: id, expecting: newest.sequence)
        } catch {
            guard error.code == .conflict else { throw error }
            // Another node was first.
            return try await backplane.read(id)?.owner
        }
        writer.add(journal, at: sequence)
        guard service.hold(journal, storedUpTo: position) else { return name }
        state.withLock { state in
            state.takenOver += 1
            state.owners[id] = nil
        }
        configuration.note(.tookOver(id, from: newest.owner))
        // A node that is back may have verified its operations just before.
        if newest.owner != name, isPresent(newest.owner) { askToVerify(newest.owner) }
        return name
    }

    /// Whether a node may take over an operation of another one.
    ///
    /// A silent node is gone for operations whose workers are elsewhere: they report to any node. A worker in the process of
    /// the silent node may be alive.
    private func mayTakeOver(_ operation: StoredOperation, of owner: String) async throws(BackplaneError) -> Bool {
        switch await presence(of: owner) {
        case .present: return false
        case .gone: return true
        case .silent:
            let now = configuration.service.clock.now()
            guard now - state.withLock(\.joinedAt) >= configuration.silence else {
                throw BackplaneError(.unavailable, "the node \(owner) does not respond")
            }
            return operation.lease != nil || operation.newest.outcome != nil
        }
    }

    /// Gives up an operation if another node has it now, as its newest record says; returns whether it does.
    func giveUpIfLost(_ journal: ProgressJournal) async throws(BackplaneError) -> Bool {
        guard let newest = try await backplane.read(journal.id), newest.owner != name else { return false }
        writer.forget(journal.id)
        lose(journal, to: newest.owner)
        return true
    }

    /// Gives up an operation that another node has taken over.
    func lose(_ journal: ProgressJournal, to owner: String?) {
        if service.giveUp(journal) { configuration.note(.gaveUp(journal.id, to: owner ?? "no node")) }
    }

    /// Lets the node find out which of its operations others have taken over, and which records are lost.
    func verifySoon() {
        state.withLock { $0.mustVerify = true }
        maintenance.wake()
    }

    /// Notes that records are lost: every node writes those of its operations again.
    func noteLostRecords() {
        let now = configuration.service.clock.now()
        let isFirst = state.withLock { state in
            defer { state.lostRecordsAt = now }
            return state.lostRecordsAt.map { now - $0 >= configuration.heartbeat } ?? true
        }
        guard isFirst else { return }
        configuration.note(.recordsLost)
        backplane.announce(NodeAnnouncement.recordsLost(name).bytes)
        verifySoon()
    }

    /// Finds the operations that other nodes have taken over while this node could not be reached, and those whose records the
    /// backplane has lost.
    private func verify() async {
        let written = writer.written
        guard let records = try? await backplane.scan() else { return state.withLock { $0.mustVerify = true } }
        let present = Set(records.lazy.map(\.id))
        writer.rewrite(written.filter { !present.contains($0.key) })
        for record in records where record.owner != name {
            guard let journal = service.ownJournal(record.id) else { continue }
            do throws(BackplaneError) {
                _ = try await giveUpIfLost(journal)
            } catch {
                state.withLock { $0.mustVerify = true }
            }
        }
    }
}
