// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The events of one stream: a registration, and the position after the events that were read.
protocol StreamSource {
    /// The signal that is set when new events may exist.
    var signal: WakeSignal { get }
    /// Appends new events to a chunk, up to about `size` bytes, and advances the position.
    ///
    /// - Returns: Whether the stream has ended.
    mutating func appendNews(to chunk: inout [UInt8], size: Int) -> Bool
}

/// The producer of the chunks of one stream; releasing the pump frees all its resources.
final class StreamPump {
    private let format: StreamFormat
    private let settings: StreamSettings
    private let makeSource: @Sendable () -> any StreamSource
    /// The source, held from the first chunk to the last.
    private var source: (any StreamSource)?
    private var isFinished = false

    init(format: StreamFormat, settings: StreamSettings, makeSource: @escaping @Sendable () -> any StreamSource) {
        self.format = format
        self.settings = settings
        self.makeSource = makeSource
    }

    deinit {
        close()
    }

    /// Returns the next chunk, or `nil` after the last one.
    func next(isolation actor: isolated (any Actor)?) async -> [UInt8]? {
        var chunk = source == nil && !isFinished ? open() : []
        while !isFinished, let signal = source?.signal {
            if Task.isCancelled || settings.hasExpired { break }
            if settings.shared.isDraining {
                chunk += format.goodbye
                break
            }
            isFinished = source?.appendNews(to: &chunk, size: settings.chunkSize) ?? true
            if !chunk.isEmpty { return chunk }
            if isFinished { break }
            let hasNews = await signal.wait(until: settings.deadline, on: settings.clock)
            if !hasNews, !Task.isCancelled, !settings.hasExpired { return format.heartbeat }
        }
        close()
        return chunk.isEmpty ? nil : chunk
    }

    /// Creates and registers the source before the first read, so that no update is missed (invariant 4).
    private func open() -> [UInt8] {
        let source = makeSource()
        self.source = source
        settings.shared.streams.add(source.signal)
        return format.preamble(retry: settings.reconnectDelay)
    }

    private func close() {
        isFinished = true
        guard let source = source.take() else { return }
        settings.shared.streams.remove(source.signal)
    }
}
