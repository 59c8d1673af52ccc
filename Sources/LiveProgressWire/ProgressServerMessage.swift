// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import FoundationEssentials
public import LiveProgress

/// What a server says over a WebSocket of the full format, or in the feed of all operations.
public enum ProgressServerMessage: Sendable, Hashable {
    /// `snapshot`, `update` or `end`: an operation as it is now.
    case event(ProgressEvent)
    /// `removed`: an operation that is no longer there; only in the feed.
    case removed(ProgressID)
    /// `error`: what the watcher said was not understood, or not granted.
    case error(ProgressProblem)
    /// `authenticated`: the watcher's new token is good until then; `nil` for ever.
    case authenticated(until: Date?)

    /// Reads a message; members that are not known are passed over.
    ///
    /// - Throws: ``WireError`` where this is no message, or one of a type that is not known.
    public init(_ bytes: some Sequence<UInt8>) throws(WireError) {
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
