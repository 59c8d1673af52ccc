// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import LiveProgress

extension ProgressMessage {
    /// Reads a message of the full format: `snapshot`, `update` or `end`.
    ///
    /// On a connection, use ``ProgressServerMessage``, which also reads errors.
    ///
    /// - Throws: ``WireError`` if the bytes are not such a message.
    package static func decodeFull(_ bytes: some Sequence<UInt8>) throws(WireError) -> ProgressEvent {
        guard case .event(let event) = try ProgressServerMessage(bytes) else {
            throw WireError("type", "must be one of snapshot, update, end")
        }
        return event
    }

    /// Reads an operation from the response to a GET request.
    ///
    /// - Throws: ``WireError`` if the bytes are not an operation.
    package static func decodeSnapshot(_ bytes: some Sequence<UInt8>) throws(WireError) -> ProgressSnapshot {
        try WireReader(json: bytes).snapshot()
    }

    /// Reads the tokens in the response to the creation of an operation.
    ///
    /// - Returns: The tokens, or `nil` if the server issues no tokens.
    /// - Throws: ``WireError`` if the response is not a JSON object, or its member `tokens` is wrong.
    package static func decodeTokens(_ bytes: some Sequence<UInt8>) throws(WireError) -> ProgressTokens? {
        guard let members = try WireReader(json: bytes).object("tokens") else { return nil }
        let reader = WireReader(members, prefix: "tokens.")
        return ProgressTokens(
            report: try reader.required("report", reader.string("report")),
            watch: try reader.required("watch", reader.string("watch"))
        )
    }

    /// Reads the lease in the response to a report: the time that the worker may be silent.
    ///
    /// - Returns: The lease, or `nil` if the worker has none.
    /// - Throws: ``WireError`` if the response is not a JSON object, or its member `lease` is wrong.
    package static func decodeLease(_ bytes: some Sequence<UInt8>) throws(WireError) -> Duration? {
        try WireReader(json: bytes).lease("lease")
    }

    /// Reads a page of the list.
    ///
    /// - Throws: ``WireError`` if the bytes are not a page.
    package static func decodePage(_ bytes: some Sequence<UInt8>) throws(WireError) -> ProgressPage {
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
    /// - Throws: ``WireError`` if the bytes are not such a message.
    package static func decodeFeed(_ bytes: some Sequence<UInt8>) throws(WireError) -> ProgressFeedEvent {
        switch try ProgressServerMessage(bytes) {
        case .event(let event): return .changed(event.snapshot)
        case .removed(let id): return .removed(id)
        case .error, .authenticated: throw WireError("type", "must be one of update, end, removed")
        }
    }

    /// Reads problem details; ignores members of a wrong type, as RFC 9457 requires.
    ///
    /// - Throws: ``WireError`` if the bytes are not a JSON object.
    package static func decodeProblem(_ bytes: some Sequence<UInt8>) throws(WireError) -> ProgressProblem {
        try WireReader(json: bytes).problem()
    }
}
