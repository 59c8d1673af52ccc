// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWebSocket
@_spi(Server) import LiveProgressWire
import NIOCore

/// The source of one operation's journal in one format, shared by all its watchers: each revision is encoded once.
final class JournalFanoutSource: FanoutSource {
    private let journal: ProgressJournal
    private let format: ProgressFormat
    private let messages: JournalMessages
    private let deflated: DeflatedMessages?
    private let onRelease: @Sendable () -> Void

    /// Creates a source over a journal; the source calls `onRelease` when it is released.
    init(
        journal: ProgressJournal,
        format: ProgressFormat,
        deflated: DeflatedMessages? = nil,
        onRelease: @escaping @Sendable () -> Void
    ) {
        self.journal = journal
        self.format = format
        self.deflated = deflated
        self.messages = .of(journal)
        self.onRelease = onRelease
    }

    deinit { onRelease() }

    func subscribe(_ waker: FanoutWaker) -> ProgressSubscription { journal.subscribe(waker) }

    func unsubscribe(_ subscription: ProgressSubscription) { journal.unsubscribe(subscription) }

    func open(cursor: String?) -> FanoutFrames {
        frames(journal.open(at: cursor.flatMap { ProgressCursor($0) }), told: nil)
    }

    func read(after position: FanoutPosition) -> FanoutFrames {
        frames(journal.read(after: position.place), told: position.told)
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
        // This case occurs only if the API requires no credentials, so no credentials can expire.
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

    private func frames(_ reading: ProgressReading, told: Int?) -> FanoutFrames {
        var messages = messages.messages(for: reading.events, as: format)
        var told = told
        if format == .plain { messages.removeAll { isKnown($0, told: &told) } }
        return FanoutFrames(
            messages,
            position: FanoutPosition(reading.position, told: told),
            close: Self.close(after: reading),
            deflated: deflated
        )
    }

    /// Returns whether a message equals the last one sent, for example if a revision changes nothing that the format shows.
    private func isKnown(_ message: ArraySlice<UInt8>, told: inout Int?) -> Bool {
        var hasher = Hasher()
        message.withUnsafeBytes { hasher.combine(bytes: $0) }
        let mark = hasher.finalize()
        defer { told = mark }
        return mark == told
    }

    private static func close(after reading: ProgressReading) -> WebSocketCloseReason? {
        switch reading.removal {
        case .deleted, .expired: WebSocketCloseReason(.removed)
        case .moved: WebSocketCloseReason(.resync)
        case nil: reading.isFinished ? WebSocketCloseReason(.ended) : nil
        }
    }

    private static func error(_ problem: ProgressProblem) -> ByteBuffer {
        ByteBuffer(bytes: ProgressMessage.encodeError(problem))
    }
}
