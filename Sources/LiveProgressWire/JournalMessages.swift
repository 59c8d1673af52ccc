// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
import Synchronization

/// The messages of one journal that were encoded last, shared by all who send them, on every transport.
///
/// Each message is encoded once, and the details in it once for all formats, however many event loops and streams want
/// it, as long as it is among the newest revisions.
public final class JournalMessages: Sendable {
    private let ring = Mutex(MessageRing())

    private init() {}

    /// The messages of a journal: the same object for all who ask while one of them holds it.
    public static func of(_ journal: ProgressJournal) -> JournalMessages {
        journal.sharedObject { JournalMessages() }
    }

    /// The messages of events in a format; those that nobody has asked for yet are encoded, into one array.
    ///
    /// - Parameters:
    ///   - events: What a reading of the journal gave.
    ///   - format: How they are written.
    /// - Returns: A text for each event, in their order.
    public func messages(for events: [ProgressEvent], as format: ProgressFormat) -> [ArraySlice<UInt8>] {
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
        /// The details, where they were encoded for another format.
        let details: ArraySlice<UInt8>?
    }

    /// Encodes messages one behind the other, and gives each with its details.
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

/// The details of a message while it is written: known from another message or not, and where they stand in this one.
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
    /// Room for a common message, so that writing it seldom has to grow.
    var usualSize: Int {
        switch self {
        case .plain: 128
        case .full: 640
        }
    }
}
