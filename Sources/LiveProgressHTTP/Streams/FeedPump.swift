// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// Streams the list to one reader: all operations that match first, then each change.
///
/// A list has no end; where the reader has fallen so far behind that it may have missed a removal, the stream ends, and
/// whoever comes back begins anew.
final class FeedPump: ChunkPump {
    /// How many operations are looked at in one go.
    private static let readingLimit = 16

    private let service: ProgressService
    private let query: ProgressQuery
    private let format: StreamFormat
    private let settings: StreamSettings
    private let bell = Bell()
    /// Held from the first chunk to the last.
    private var tower: BellTower?
    private var position: UInt64 = 0
    private var isFinished = false

    init(service: ProgressService, query: ProgressQuery, format: StreamFormat, settings: StreamSettings) {
        self.service = service
        self.query = query
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

    private func open() -> [UInt8] {
        let tower = settings.towers.tower(of: service)
        tower.add(bell)
        self.tower = tower
        settings.lifecycle.add(bell)
        return format.preamble(retry: settings.reconnectDelay)
    }

    private func close() {
        isFinished = true
        guard let tower = tower.take() else { return }
        tower.remove(bell)
        settings.lifecycle.remove(bell)
    }

    /// Adds what is new, up to about the size of a chunk.
    private func read(into chunk: inout [UInt8]) {
        while chunk.count < settings.chunkSize {
            let reading = service.changes.read(after: position, matching: query, limit: Self.readingLimit)
            isFinished = reading.mustRestart
            if isFinished { return }
            position = reading.position
            for event in reading.events { format.append(event, to: &chunk) }
            if !reading.hasMore { return }
        }
    }
}
