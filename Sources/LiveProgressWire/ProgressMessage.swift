// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import FoundationEssentials
@_spi(Server) public import LiveProgress

/// The messages that a server sends over WebSockets, in event streams and in HTTP bodies: JSON in UTF-8.
///
/// Each message of the full format has the whole state of an operation, never a delta, so that a late watcher can read
/// it. A message is encoded once for all watchers of a revision.
@_spi(Server) public enum ProgressMessage {
    /// Returns a message of the plain format: `{"state":…,"details":…}`.
    package static func encodePlain(_ snapshot: ProgressSnapshot) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: ProgressFormat.plain.usualSize)
        var details = DetailsText()
        writePlain(snapshot, details: &details, to: &writer)
        return writer.bytes
    }

    /// Appends a message of the plain format to the writer, as a new JSON text.
    static func writePlain(_ snapshot: ProgressSnapshot, details: inout DetailsText, to writer: inout JSONWriter) {
        writer.beginText()
        writer.beginObject()
        writer.member("state")
        writer.write(snapshot.state)
        writer.member("details")
        details.write(snapshot.details, to: &writer)
        writer.endObject()
    }

    /// Returns a message of the full format.
    ///
    /// `resumed` is in each `snapshot`, and in the first message of any type to a watcher that sent a cursor. An `end`
    /// has `result` or `error`, unless the operation was cancelled.
    @_spi(Server) public static func encodeFull(_ event: ProgressEvent) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: messageCapacity)
        var details = DetailsText()
        writeFull(event, details: &details, to: &writer)
        return writer.bytes
    }

    /// Appends a message of the full format to the writer, as a new JSON text.
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

    /// Returns an operation as in the response to GET: a full message without `type`, `skipped` and `resumed`.
    ///
    /// - Parameters:
    ///   - snapshot: The operation.
    ///   - tokens: The tokens in the response to a creation, written as the member `tokens`.
    ///   - lease: The lease in the response to a report, written as the member `lease` in seconds.
    /// - Returns: The JSON text.
    @_spi(Server) public static func encodeSnapshot(
        _ snapshot: ProgressSnapshot,
        tokens: ProgressTokens? = nil,
        lease: Duration? = nil
    ) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: messageCapacity)
        write(snapshot, tokens: tokens, lease: lease, to: &writer)
        return writer.bytes
    }

    /// Returns a page of the list: `{"operations":[…],"nextPageToken":…}`; the token of the last page is `null`.
    package static func encodePage(_ page: ProgressPage, missingNodes: [String] = []) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: messageCapacity * (page.snapshots.count + 1))
        writer.beginObject()
        writer.member("operations")
        writer.beginArray()
        for snapshot in page.snapshots { write(snapshot, to: &writer) }
        writer.endArray()
        writer.member("nextPageToken")
        if let token = page.nextPageToken { writer.write(token) } else { writer.writeNull() }
        if !missingNodes.isEmpty {
            writer.member("missingNodes")
            writer.beginArray()
            for name in missingNodes { writer.write(name) }
            writer.endArray()
        }
        writer.endObject()
        return writer.bytes
    }

    /// Returns a message of the feed of all operations.
    ///
    /// The message is an `update` or `end` as in the full format, or `{"type":"removed","id":…}`.
    package static func encodeFeed(_ event: ProgressFeedEvent) -> [UInt8] {
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

    /// Returns problem details: a body of the type `application/problem+json` (RFC 9457).
    package static func encodeProblem(_ problem: ProgressProblem) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 256)
        problem.write(to: &writer)
        return writer.bytes
    }

    /// Returns the answer to a WebSocket message that was not understood or not permitted.
    ///
    /// The answer is `{"type":"error","error":…}`.
    package static func encodeError(_ problem: ProgressProblem) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 256)
        writer.beginObject()
        writer.member("type")
        writer.write("error")
        writer.member("error")
        problem.write(to: &writer)
        writer.endObject()
        return writer.bytes
    }

    /// Returns the answer to a valid new token over a WebSocket: `{"type":"authenticated","expiresAt":…}`.
    package static func encodeAuthenticated(until end: Date?) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 96)
        writer.beginObject()
        writer.member("type")
        writer.write("authenticated")
        writer.member("expiresAt")
        if let end { writer.write(ProgressTimestamp.format(end)) } else { writer.writeNull() }
        writer.endObject()
        return writer.bytes
    }

    /// The room for a usual message, so that writing seldom reallocates.
    private static let messageCapacity = ProgressFormat.full.usualSize

    private static func write(
        _ snapshot: ProgressSnapshot,
        tokens: ProgressTokens? = nil,
        lease: Duration? = nil,
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
        if let lease {
            writer.member("lease")
            writer.write(lease)
        }
        writer.endObject()
    }
}
