// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWebSocket
import LiveProgressWire
import NIOCore

/// An operation's journal as messages of one format, for all who watch it: each revision is encoded once.
final class JournalFanoutSource: FanoutSource {
    private let journal: ProgressJournal
    private let format: ProgressFormat
    private let messages: JournalMessages
    private let onRelease: @Sendable () -> Void

    /// A source over a journal; `onRelease` is called when nobody holds it any more.
    init(journal: ProgressJournal, format: ProgressFormat, onRelease: @escaping @Sendable () -> Void) {
        self.journal = journal
        self.format = format
        self.messages = .of(journal)
        self.onRelease = onRelease
    }

    deinit { onRelease() }

    func attach(_ waker: FanoutWaker) -> FanoutAttachment {
        let subscription = journal.subscribe(LoopWaker(waker))
        return FanoutAttachment { [journal] in journal.unsubscribe(subscription) }
    }

    func open(cursor: String?) -> FanoutBatch {
        batch(journal.open(at: cursor.flatMap { ProgressCursor($0) }), told: nil)
    }

    func read(after position: FanoutPosition) -> FanoutBatch {
        batch(journal.read(after: position.place), told: position.told)
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
        // Only where nobody is asked who they are: nothing ends then.
        case .authenticate: return .answer(ByteBuffer(bytes: ProgressMessage.encodeAuthenticated(until: nil)))
        case .cancel:
            do throws(ProgressError) {
                try journal.requestCancel()
                return .ignore
            } catch {
                return .answer(Self.error(.refused(error)))
            }
        }
    }

    private func batch(_ reading: ProgressReading, told: Int?) -> FanoutBatch {
        var batch = FanoutBatch(
            messages: messages.messages(for: reading.events, as: format),
            position: FanoutPosition(reading.position, told: told),
            close: Self.close(after: reading)
        )
        if format == .plain { batch.dropWhatIsKnown() }
        return batch
    }

    private static func close(after reading: ProgressReading) -> WebSocketCloseReason? {
        if reading.removal != nil { return WebSocketCloseReason(.removed) }
        return reading.isFinished ? WebSocketCloseReason(.ended) : nil
    }

    private static func error(_ problem: ProgressProblem) -> ByteBuffer {
        ByteBuffer(bytes: ProgressMessage.encodeError(problem))
    }
}

extension FanoutBatch {
    /// Drops the messages that say what their watchers have been told already, such as those of revisions that only count.
    fileprivate mutating func dropWhatIsKnown() {
        var told = position.told
        messages = messages.filter { message in
            var hasher = Hasher()
            message.withUnsafeBytes { hasher.combine(bytes: $0) }
            let mark = hasher.finalize()
            defer { told = mark }
            return mark != told
        }
        position.told = told
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
