// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressWire

/// How events are laid out in a stream of bytes.
enum StreamFormat: Sendable {
    /// Server-sent events (WHATWG HTML, section 9.2).
    case eventStream
    /// One JSON text a line.
    case lines

    /// The media type of the stream.
    var mediaType: MediaType {
        switch self {
        case .eventStream: .eventStream
        case .lines: .ndjson
        }
    }

    /// What stands before the first event: after how long an `EventSource` comes back.
    func preamble(retry: Duration) -> [UInt8] {
        switch self {
        case .eventStream: Array("retry: \(retry.milliseconds)\n\n".utf8)
        case .lines: []
        }
    }

    /// What is sent when there has been nothing to send for a while: a comment, or an empty line.
    var heartbeat: [UInt8] {
        switch self {
        case .eventStream: Array(": still here\n\n".utf8)
        case .lines: [UInt8(ascii: "\n")]
        }
    }

    /// The last thing sent when the server goes away before the end.
    var goodbye: [UInt8] {
        switch self {
        case .eventStream: Array(": going away, come back\n\n".utf8)
        case .lines: []
        }
    }

    /// Adds an event of one operation and its message; the cursor is what a client brings back.
    func append(_ event: ProgressEvent, json: ArraySlice<UInt8>, to chunk: inout [UInt8]) {
        append(name: event.kind.rawValue, id: event.snapshot.cursor.description, json: json, to: &chunk)
    }

    /// Adds an event of the list; a list has no cursor.
    func append(_ event: ProgressFeedEvent, to chunk: inout [UInt8]) {
        let name =
            switch event {
            case .changed(let snapshot): snapshot.status.isEnd ? "end" : "update"
            case .removed: "removed"
            }
        append(name: name, id: nil, json: ProgressMessage.encodeFeed(event)[...], to: &chunk)
    }

    private func append(name: String, id: String?, json: ArraySlice<UInt8>, to chunk: inout [UInt8]) {
        switch self {
        case .eventStream:
            if let id { chunk += "id: \(id)\n".utf8 }
            chunk += "event: \(name)\ndata: ".utf8
            chunk += json
            chunk += "\n\n".utf8
        case .lines:
            chunk += json
            chunk.append(UInt8(ascii: "\n"))
        }
    }
}

extension Duration {
    /// Whole milliseconds, rounded down.
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// Whole seconds, rounded up: what `Retry-After` takes.
    var wholeSeconds: Int64 {
        components.seconds + (components.attoseconds > 0 ? 1 : 0)
    }
}
