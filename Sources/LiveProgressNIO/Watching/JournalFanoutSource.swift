// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWebSocket
import LiveProgressWire
import NIOCore
import Synchronization

/// An operation's journal as messages of one format, for all who watch it: each revision is encoded once.
final class JournalFanoutSource: FanoutSource {
    private let journal: ProgressJournal
    private let format: ProgressFormat
    private let encoded = Mutex(MessageRing())
    private let onRelease: @Sendable () -> Void

    /// A source over a journal; `onRelease` is called when nobody holds it any more.
    init(journal: ProgressJournal, format: ProgressFormat, onRelease: @escaping @Sendable () -> Void) {
        self.journal = journal
        self.format = format
        self.onRelease = onRelease
    }

    deinit { onRelease() }

    func attach(_ waker: FanoutWaker) -> FanoutAttachment {
        let subscription = journal.subscribe(LoopWaker(waker))
        return FanoutAttachment { [journal] in journal.unsubscribe(subscription) }
    }

    func open(cursor: String?) -> FanoutBatch {
        batch(journal.open(at: cursor.flatMap { ProgressCursor($0) }))
    }

    func read(after position: UInt64) -> FanoutBatch {
        batch(journal.read(after: position))
    }

    func watcherJoined() { journal.watcherJoined() }

    func watcherLeft() { journal.watcherLeft() }

    func receive(_ message: ByteBuffer, isText: Bool) -> FanoutReply {
        let request: ProgressClientMessage
        do throws(WireError) {
            guard isText else { return .violation(Self.error(.messagesAreText)) }
            request = try ProgressClientMessage(message.readableBytesView)
        } catch {
            return .violation(Self.error(.notUnderstood(error)))
        }
        switch request {
        case .cancel:
            do throws(ProgressError) {
                try journal.requestCancel()
                return .ignore
            } catch {
                return .answer(Self.error(.refused(error)))
            }
        }
    }

    private func batch(_ reading: ProgressReading) -> FanoutBatch {
        FanoutBatch(
            messages: messages(for: reading.events),
            position: reading.position,
            close: Self.close(after: reading)
        )
    }

    private static func close(after reading: ProgressReading) -> WebSocketCloseReason? {
        if reading.removal != nil { return WebSocketCloseReason(.removed) }
        return reading.isFinished ? WebSocketCloseReason(.ended) : nil
    }

    /// The messages of events; those that no event loop has asked for yet are encoded, into one buffer.
    private func messages(for events: [ProgressEvent]) -> [ByteBuffer] {
        var messages = encoded.withLock { encoded in events.map { encoded[MessageKey($0, as: format)] } }
        let missing = messages.indices.filter { messages[$0] == nil }
        guard !missing.isEmpty else { return messages.compactMap { $0 } }
        var writer = JSONWriter(reservingCapacity: missing.count * format.usualSize)
        var ends: [Int] = []
        for index in missing {
            write(events[index], to: &writer)
            ends.append(writer.bytes.count)
        }
        let bytes = ByteBuffer(bytes: writer.bytes)
        var start = 0
        for (index, end) in zip(missing, ends) {
            messages[index] = bytes.getSlice(at: start, length: end - start)
            start = end
        }
        encoded.withLock { encoded in
            for index in missing { encoded[MessageKey(events[index], as: format)] = messages[index] }
        }
        return messages.compactMap { $0 }
    }

    private func write(_ event: ProgressEvent, to writer: inout JSONWriter) {
        switch format {
        case .plain: ProgressMessage.writePlain(event.snapshot, to: &writer)
        case .full: ProgressMessage.writeFull(event, to: &writer)
        }
    }

    private static func error(_ problem: ProgressProblem) -> ByteBuffer {
        ByteBuffer(bytes: ProgressMessage.encodeError(problem))
    }
}

/// Wakes an event loop for a journal.
final class LoopWaker: ProgressWaker {
    private let waker: FanoutWaker

    init(_ waker: FanoutWaker) { self.waker = waker }

    func wake() { waker.wake() }
}

extension ProgressFormat {
    /// Room for a common message, so that writing it seldom has to grow.
    fileprivate var usualSize: Int {
        switch self {
        case .plain: 128
        case .full: 640
        }
    }
}

extension WebSocketCloseReason {
    init(_ code: ProgressCloseCode) {
        self.init(code: code.rawValue, reason: code.reason)
    }
}
