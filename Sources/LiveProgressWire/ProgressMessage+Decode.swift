// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress

extension ProgressMessage {
    /// Reads a message of the full format: `snapshot`, `update` or `end`.
    ///
    /// For a connection, on which errors may come too, see ``ProgressServerMessage``.
    ///
    /// - Throws: ``WireError`` where it is none.
    public static func decodeFull(_ bytes: some Sequence<UInt8>) throws(WireError) -> ProgressEvent {
        guard case .event(let event) = try ProgressServerMessage(bytes) else {
            throw WireError("type", "must be one of snapshot, update, end")
        }
        return event
    }

    /// Reads an operation as GET answers it.
    ///
    /// - Throws: ``WireError`` where it is none.
    public static func decodeSnapshot(_ bytes: some Sequence<UInt8>) throws(WireError) -> ProgressSnapshot {
        try WireReader(json: bytes).snapshot()
    }

    /// Reads the tokens beside the operation in the answer to a creation.
    ///
    /// - Returns: The tokens, or `nil` where the server hands on none.
    /// - Throws: ``WireError`` where the answer is no JSON object, or its member `tokens` is wrong.
    public static func decodeTokens(_ bytes: some Sequence<UInt8>) throws(WireError) -> ProgressTokens? {
        guard let members = try WireReader(json: bytes).object("tokens") else { return nil }
        let reader = WireReader(members, prefix: "tokens.")
        return ProgressTokens(
            report: try reader.required("report", reader.string("report")),
            watch: try reader.required("watch", reader.string("watch"))
        )
    }

    /// Reads a page of the list.
    ///
    /// - Throws: ``WireError`` where it is none.
    public static func decodePage(_ bytes: some Sequence<UInt8>) throws(WireError) -> ProgressPage {
        let reader = try WireReader(json: bytes)
        guard let operations = reader.value("operations")?.arrayValue else {
            throw reader.error("operations", "must be an array")
        }
        var snapshots: [ProgressSnapshot] = []
        snapshots.reserveCapacity(operations.count)
        for (index, operation) in operations.enumerated() {
            guard let members = operation.objectValue else {
                throw reader.error("operations[\(index)]", "must be an object")
            }
            snapshots.append(try WireReader(members, prefix: "operations[\(index)].").snapshot())
        }
        return ProgressPage(snapshots: snapshots, nextPageToken: try reader.string("nextPageToken"))
    }

    /// Reads a message of the feed of all operations.
    ///
    /// - Throws: ``WireError`` where it is none.
    public static func decodeFeed(_ bytes: some Sequence<UInt8>) throws(WireError) -> ProgressFeedEvent {
        switch try ProgressServerMessage(bytes) {
        case .event(let event): return .changed(event.snapshot)
        case .removed(let id): return .removed(id)
        case .error, .authenticated: throw WireError("type", "must be one of update, end, removed")
        }
    }

    /// Reads problem details; members of another type than RFC 9457 gives them are passed over, as it has it.
    ///
    /// - Throws: ``WireError`` where it is no JSON object.
    public static func decodeProblem(_ bytes: some Sequence<UInt8>) throws(WireError) -> ProgressProblem {
        try WireReader(json: bytes).problem()
    }
}
