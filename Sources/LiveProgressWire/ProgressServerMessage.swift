// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import FoundationEssentials
@_spi(Server) package import LiveProgress

/// A message from a server, over a WebSocket of the full format or in the feed of all operations.
package enum ProgressServerMessage: Sendable, Hashable {
    /// A `snapshot`, `update` or `end`: an operation with its current state.
    case event(ProgressEvent)
    /// A `removed`: an operation that was deleted or has expired; only in the feed.
    case removed(ProgressID)
    /// An `error`: a message of the watcher was not understood or not permitted.
    case error(ProgressProblem)
    /// An `authenticated`: the watcher's new token is valid until this date; `nil` means without a limit.
    case authenticated(until: Date?)

    /// Reads a message; ignores unknown members.
    ///
    /// - Throws: ``WireError`` if the bytes are not a message, or the type of the message is unknown.
    package init(_ bytes: some Sequence<UInt8>) throws(WireError) {
        let reader = try WireReader(json: bytes)
        let type = try reader.required("type", try reader.string("type"))
        if let kind = ProgressEvent.Kind.allCases.first(where: { $0.rawValue.hasBytes(of: type) }) {
            let event = ProgressEvent(
                kind: kind,
                snapshot: try reader.snapshot(),
                skipped: UInt64(try reader.count("skipped") ?? 0),
                resumed: try reader.bool("resumed")
            )
            self = .event(event)
        } else if type.hasBytes(of: "removed") {
            self = .removed(try reader.required("id", try reader.id("id")))
        } else if type.hasBytes(of: "authenticated") {
            self = .authenticated(until: try reader.date("expiresAt"))
        } else if type.hasBytes(of: "error") {
            self = .error(WireReader(try reader.required("error", try reader.object("error"))).problem())
        } else {
            throw reader.error("type", "must be one of snapshot, update, end, removed, error, authenticated")
        }
    }
}
