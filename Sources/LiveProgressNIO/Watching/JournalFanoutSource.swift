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
    private let encoded = Mutex(MessageCache<MessageKey>())
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
        let messages = reading.events.map(message(for:))
        return FanoutBatch(messages: messages, position: reading.position, close: Self.close(after: reading))
    }

    private static func close(after reading: ProgressReading) -> WebSocketCloseReason? {
        if reading.removal != nil { return WebSocketCloseReason(.removed) }
        return reading.isFinished ? WebSocketCloseReason(.ended) : nil
    }

    private func message(for event: ProgressEvent) -> ByteBuffer {
        let key = MessageKey(event)
        if let message = encoded.withLock({ $0[key] }) { return message }
        let bytes =
            switch format {
            case .plain: ProgressMessage.encodePlain(event.snapshot)
            case .full: ProgressMessage.encodeFull(event)
            }
        let message = ByteBuffer(bytes: bytes)
        encoded.withLock { $0.add(message, for: key) }
        return message
    }

    private static func error(_ problem: ProgressProblem) -> ByteBuffer {
        ByteBuffer(bytes: ProgressMessage.encodeError(problem))
    }
}

/// What tells the messages of one journal apart: a revision never changes once it has been read.
struct MessageKey: Hashable, Sendable {
    private let revision: UInt64
    private let kind: ProgressEvent.Kind
    private let skipped: UInt64
    private let resumed: Bool?

    init(_ event: ProgressEvent) {
        revision = event.snapshot.revision
        kind = event.kind
        skipped = event.skipped
        resumed = event.resumed
    }
}

/// Wakes an event loop for a journal.
final class LoopWaker: ProgressWaker {
    private let waker: FanoutWaker

    init(_ waker: FanoutWaker) { self.waker = waker }

    func wake() { waker.wake() }
}

extension WebSocketCloseReason {
    init(_ code: ProgressCloseCode) {
        self.init(code: code.rawValue, reason: code.reason)
    }
}
