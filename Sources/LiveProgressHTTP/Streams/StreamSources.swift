// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWire

/// The source for one operation, from a cursor to the end of the operation.
struct OperationSource: StreamSource {
    private let registration: WatcherRegistration
    private let messages: JournalMessages
    private let cursor: ProgressCursor?
    private let format: StreamFormat
    /// The last revision that was sent; `nil` before the first read.
    private var position: UInt64?

    init(_ journal: ProgressJournal, cursor: ProgressCursor?, format: StreamFormat) {
        registration = WatcherRegistration(journal)
        messages = .of(journal)
        self.cursor = cursor
        self.format = format
    }

    var signal: WakeSignal { registration.signal }

    /// Appends new events up to the chunk's size; the next call reads the others, if the journal still has them.
    mutating func appendNews(to chunk: inout [UInt8], size: Int) -> Bool {
        let reading = registration.read(after: position, cursor: cursor)
        for event in reading.events {
            if chunk.count >= size { return false }
            // Encode one event at a time: encoding more events than the chunk can hold would be wasted work.
            for json in messages.messages(for: [event], as: .full) { format.append(event, json: json, to: &chunk) }
            position = event.snapshot.revision
        }
        position = reading.position
        // After a move, the client connects again.
        if let removal = reading.removal, removal != .moved {
            format.append(.removed(registration.journal.id), to: &chunk)
        }
        return reading.isFinished || reading.removal != nil
    }
}

/// The source for the list: first all operations that match, then each change.
///
/// The list has no end. If the reader is so far behind that it may have missed a removal, the stream ends, and the
/// client must start again.
struct FeedSource: StreamSource {
    /// The number of operations that one read examines.
    private static let readingLimit = 16

    private let registration: FeedRegistration
    private let query: ProgressQuery
    private let format: StreamFormat
    private var position: UInt64 = 0

    init(_ service: ProgressService, query: ProgressQuery, format: StreamFormat) {
        registration = FeedRegistration(service)
        self.query = query
        self.format = format
    }

    var signal: WakeSignal { registration.signal }

    mutating func appendNews(to chunk: inout [UInt8], size: Int) -> Bool {
        let changes = registration.service.changes
        while chunk.count < size {
            let reading = changes.read(after: position, matching: query, limit: Self.readingLimit)
            if reading.mustRestart { return true }
            position = reading.position
            for event in reading.events { format.append(event, to: &chunk) }
            if !reading.hasMore { return false }
        }
        return false
    }
}
