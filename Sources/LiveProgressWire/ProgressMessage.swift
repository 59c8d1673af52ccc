// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import FoundationEssentials
public import LiveProgress

/// The messages that a server sends, to WebSockets, event streams and in HTTP bodies: JSON in UTF-8.
///
/// Each message of the full format is the whole state of an operation, never a change that someone who comes late could
/// not read. What is written here is written once for all watchers of a revision.
public enum ProgressMessage {
    /// A message of the plain format: `{"state":…,"details":…}`.
    public static func encodePlain(_ snapshot: ProgressSnapshot) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: ProgressFormat.plain.usualSize)
        var details = DetailsText()
        writePlain(snapshot, details: &details, to: &writer)
        return writer.bytes
    }

    /// Writes a message of the plain format behind what was written before, as a text of its own.
    static func writePlain(_ snapshot: ProgressSnapshot, details: inout DetailsText, to writer: inout JSONWriter) {
        writer.beginText()
        writer.beginObject()
        writer.member("state")
        writer.write(snapshot.state)
        writer.member("details")
        details.write(snapshot.details, to: &writer)
        writer.endObject()
    }

    /// A message of the full format.
    ///
    /// `resumed` stands in each `snapshot`, and in the first message of whatever type to a watcher that brought a
    /// cursor; `result` or `error` stand in the end.
    public static func encodeFull(_ event: ProgressEvent) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: messageCapacity)
        var details = DetailsText()
        writeFull(event, details: &details, to: &writer)
        return writer.bytes
    }

    /// Writes a message of the full format behind what was written before, as a text of its own.
    static func writeFull(_ event: ProgressEvent, details: inout DetailsText, to writer: inout JSONWriter) {
        writer.beginText()
        writer.beginObject()
        writer.member("type")
        writer.write(event.kind.rawValue)
        event.snapshot.writeMembers(to: &writer, details: &details, skipped: event.skipped)
        if let resumed = event.resumed ?? (event.kind == .snapshot ? false : nil) {
            writer.member("resumed")
            writer.write(resumed)
        }
        event.snapshot.writeOutcome(to: &writer)
        writer.endObject()
    }

    /// An operation as GET answers it: a message of the full format without `type`, `skipped` and `resumed`.
    ///
    /// - Parameters:
    ///   - snapshot: The operation.
    ///   - tokens: What the answer to a creation hands on beside it, as its member `tokens`.
    /// - Returns: The JSON text.
    public static func encodeSnapshot(_ snapshot: ProgressSnapshot, tokens: ProgressTokens? = nil) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: messageCapacity)
        write(snapshot, tokens: tokens, to: &writer)
        return writer.bytes
    }

    /// A page of the list: `{"operations":[…],"nextPageToken":…}`; the token of the last page is `null`.
    public static func encodePage(_ page: ProgressPage) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: messageCapacity * (page.snapshots.count + 1))
        writer.beginObject()
        writer.member("operations")
        writer.beginArray()
        for snapshot in page.snapshots { write(snapshot, to: &writer) }
        writer.endArray()
        writer.member("nextPageToken")
        if let token = page.nextPageToken { writer.write(token) } else { writer.writeNull() }
        writer.endObject()
        return writer.bytes
    }

    /// A message of the feed of all operations: an `update` or `end` as in the full format, or
    /// `{"type":"removed","id":…}`.
    public static func encodeFeed(_ event: ProgressFeedEvent) -> [UInt8] {
        switch event {
        case .changed(let snapshot):
            return encodeFull(ProgressEvent(kind: snapshot.outcome == nil ? .update : .end, snapshot: snapshot))
        case .removed(let id):
            var writer = JSONWriter(reservingCapacity: 64)
            writer.beginObject()
            writer.member("type")
            writer.write("removed")
            writer.member("id")
            writer.write(id.rawValue)
            writer.endObject()
            return writer.bytes
        }
    }

    /// Problem details: a body of the type `application/problem+json` (RFC 9457).
    public static func encodeProblem(_ problem: ProgressProblem) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 256)
        problem.write(to: &writer)
        return writer.bytes
    }

    /// An answer over a WebSocket to a message that was not understood, or not granted: `{"type":"error","error":…}`.
    public static func encodeError(_ problem: ProgressProblem) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        writer.member("type")
        writer.write("error")
        writer.member("error")
        problem.write(to: &writer)
        writer.endObject()
        return writer.bytes
    }

    /// The answer over a WebSocket to a new token that is good: `{"type":"authenticated","expiresAt":…}`.
    public static func encodeAuthenticated(until end: Date?) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 96)
        writer.beginObject()
        writer.member("type")
        writer.write("authenticated")
        writer.member("expiresAt")
        if let end { writer.write(ProgressTimestamp.format(end)) } else { writer.writeNull() }
        writer.endObject()
        return writer.bytes
    }

    /// Room for a common message, so that writing it seldom has to grow.
    private static let messageCapacity = ProgressFormat.full.usualSize

    private static func write(
        _ snapshot: ProgressSnapshot,
        tokens: ProgressTokens? = nil,
        to writer: inout JSONWriter
    ) {
        writer.beginObject()
        var details = DetailsText()
        snapshot.writeMembers(to: &writer, details: &details)
        snapshot.writeOutcome(to: &writer)
        if let tokens {
            writer.member("tokens")
            tokens.write(to: &writer)
        }
        writer.endObject()
    }
}
