// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import LiveProgress
import Synchronization

/// The recently encoded messages of one journal, shared by all senders on every transport.
///
/// Each message of the newest revisions is encoded once, and its details are encoded once for all formats, however many
/// event loops and streams send them.
package final class JournalMessages: Sendable {
    private let ring = Mutex(MessageRing())

    private init() {}

    /// Returns the messages of a journal: the same object for all callers while one of them holds it.
    package static func of(_ journal: ProgressJournal) -> JournalMessages {
        journal.sharedObject { JournalMessages() }
    }

    /// Returns the messages of events in a format; encodes missing messages into one array.
    ///
    /// - Parameters:
    ///   - events: The events of a reading of the journal.
    ///   - format: The format of the messages.
    /// - Returns: One text for each event, in the order of the events.
    package func messages(for events: [ProgressEvent], as format: ProgressFormat) -> [ArraySlice<UInt8>] {
        var messages: [ArraySlice<UInt8>] = []
        messages.reserveCapacity(events.count)
        var missing: [Missing] = []
        ring.withLock { ring in
            for event in events {
                let held = ring.message(event, as: format)
                if held == nil {
                    let details = ring[event.snapshot.revision].details
                    missing.append(Missing(index: messages.count, event: event, details: details))
                }
                messages.append(held ?? [])
            }
        }
        guard !missing.isEmpty else { return messages }
        let encoded = Self.encode(missing, as: format)
        ring.withLock { ring in
            for (missing, (text, details)) in zip(missing, encoded) {
                messages[missing.index] = text
                ring.hold(text, details: details, of: missing.event, as: format)
            }
        }
        return messages
    }

    private struct Missing {
        let index: Int
        let event: ProgressEvent
        /// The details, if they were encoded for another format.
        let details: ArraySlice<UInt8>?
    }

    /// Encodes messages into one array, and returns each message with its details.
    private static func encode(
        _ missing: [Missing],
        as format: ProgressFormat
    ) -> [(text: ArraySlice<UInt8>, details: ArraySlice<UInt8>)] {
        var writer = JSONWriter(reservingCapacity: missing.count * format.usualSize)
        var ranges: [(text: Range<Int>, details: Range<Int>)] = []
        ranges.reserveCapacity(missing.count)
        for message in missing {
            let start = writer.bytes.count
            var details = DetailsText(known: message.details)
            switch format {
            case .plain: ProgressMessage.writePlain(message.event.snapshot, details: &details, to: &writer)
            case .full: ProgressMessage.writeFull(message.event, details: &details, to: &writer)
            }
            ranges.append((start..<writer.bytes.count, details.range))
        }
        let bytes = writer.bytes
        return ranges.map { (bytes[$0.text], bytes[$0.details]) }
    }
}

/// The details of a message that is being written: their known text, if any, and their range in the message.
struct DetailsText {
    let known: ArraySlice<UInt8>?
    private(set) var range = 0..<0

    init(known: ArraySlice<UInt8>? = nil) {
        self.known = known
    }

    /// Writes the value of the member whose name was written just before.
    mutating func write(_ details: JSONValue, to writer: inout JSONWriter) {
        let start = writer.bytes.count
        if let known { writer.write(preformatted: known) } else { writer.write(details) }
        range = start..<writer.bytes.count
    }
}

extension ProgressFormat {
    /// The room for a usual message, so that writing seldom reallocates.
    var usualSize: Int {
        switch self {
        case .plain: 128
        case .full: 640
        }
    }
}
