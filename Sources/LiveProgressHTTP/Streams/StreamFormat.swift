// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressWire

/// The format of the events in a stream of bytes.
enum StreamFormat: Sendable {
    /// Server-sent events (WHATWG HTML, section 9.2).
    case eventStream
    /// One JSON text per line.
    case lines

    /// The media type of the stream.
    var mediaType: MediaType {
        switch self {
        case .eventStream: .eventStream
        case .lines: .ndjson
        }
    }

    /// Returns the bytes before the first event: the delay after which an `EventSource` reconnects.
    func preamble(retry: Duration) -> [UInt8] {
        switch self {
        case .eventStream: Array("retry: \(retry.milliseconds)\n\n".utf8)
        case .lines: []
        }
    }

    /// The bytes that are sent when a stream is idle: a comment, or an empty line.
    var heartbeat: [UInt8] {
        switch self {
        case .eventStream: Array(": still here\n\n".utf8)
        case .lines: [UInt8(ascii: "\n")]
        }
    }

    /// The last bytes of a stream that ends because the server shuts down.
    var goodbye: [UInt8] {
        switch self {
        case .eventStream: Array(": going away, come back\n\n".utf8)
        case .lines: []
        }
    }

    /// Appends an event of one operation; the event's identifier is the cursor that a client sends to resume.
    func append(_ event: ProgressEvent, json: ArraySlice<UInt8>, to chunk: inout [UInt8]) {
        append(name: event.kind.rawValue, id: event.snapshot.cursor.description, json: json, to: &chunk)
    }

    /// Appends an event of the list; an event of the list has no cursor.
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
    /// The whole milliseconds, rounded down.
    var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// The whole seconds, rounded up, for `Retry-After`.
    var wholeSeconds: Int64 {
        components.seconds + (components.attoseconds > 0 ? 1 : 0)
    }
}
