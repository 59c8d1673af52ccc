// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWire

/// Streams one operation to one reader, from its cursor to its end.
final class OperationPump: ChunkPump {
    private let journal: ProgressJournal
    private let messages: JournalMessages
    private let cursor: ProgressCursor?
    private let format: StreamFormat
    private let settings: StreamSettings
    private let bell = Bell()
    /// Held from the first chunk to the last.
    private var tower: BellTower?
    /// The revision sent last; `nil` until something has been read.
    private var position: UInt64?
    private var isFinished = false
    private var hasJoined = false

    init(journal: ProgressJournal, cursor: ProgressCursor?, format: StreamFormat, settings: StreamSettings) {
        self.journal = journal
        self.messages = .of(journal)
        self.cursor = cursor
        self.format = format
        self.settings = settings
    }

    deinit {
        close()
    }

    func next(isolation actor: isolated (any Actor)?) async -> [UInt8]? {
        var chunk = tower == nil && !isFinished ? open() : []
        while !isFinished {
            bell.clear()
            if Task.isCancelled || settings.hasExpired { break }
            if settings.lifecycle.isDraining {
                chunk += format.goodbye
                break
            }
            read(into: &chunk)
            if !chunk.isEmpty { return chunk }
            if isFinished { break }
            let hasNews = await bell.wait(until: settings.deadline, on: settings.clock)
            if !hasNews, !Task.isCancelled, !settings.hasExpired { return format.heartbeat }
        }
        close()
        return chunk.isEmpty ? nil : chunk
    }

    /// Registers first and reads then, so that no update falls between (invariant 4).
    private func open() -> [UInt8] {
        let tower = settings.towers.tower(of: journal)
        tower.add(bell)
        self.tower = tower
        settings.lifecycle.add(bell)
        return format.preamble(retry: settings.reconnectDelay)
    }

    private func close() {
        isFinished = true
        guard let tower = tower.take() else { return }
        tower.remove(bell)
        if hasJoined { journal.watcherLeft() }
        settings.lifecycle.remove(bell)
    }

    /// Adds what is new, up to the size of a chunk; the rest is read again next time, where it is still there.
    private func read(into chunk: inout [UInt8]) {
        let reading = position.map { journal.read(after: $0) } ?? journal.open(at: cursor)
        if !hasJoined {
            // Only now: whoever waits for the first watcher may report at once, and the watcher must not miss it.
            journal.watcherJoined()
            hasJoined = true
        }
        for event in reading.events {
            if chunk.count >= settings.chunkSize { return }
            // One by one: what does not fit into the chunk would be encoded in vain.
            for json in messages.messages(for: [event], as: .full) { format.append(event, json: json, to: &chunk) }
            position = event.snapshot.revision
        }
        position = reading.position
        isFinished = reading.isFinished || reading.removal != nil
        if reading.removal != nil { format.append(.removed(journal.id), to: &chunk) }
    }
}
