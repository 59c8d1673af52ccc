// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// What one reader of a stream follows: a registration, and a position behind what was read.
protocol StreamSource {
    /// Set when there may be something new.
    var signal: WakeSignal { get }
    /// Appends what is new, up to about the size of a chunk, and moves the position.
    ///
    /// - Returns: Whether nothing can follow.
    mutating func appendNews(to chunk: inout [UInt8], size: Int) -> Bool
}

/// Produces the chunks of one stream for one reader; its release frees all that it holds.
final class StreamPump {
    private let format: StreamFormat
    private let settings: StreamSettings
    private let makeSource: @Sendable () -> any StreamSource
    /// Held from the first chunk to the last.
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

    /// The next chunk, or `nil` after the last one.
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

    /// Registers first and reads then, so that no update falls between (invariant 4).
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
