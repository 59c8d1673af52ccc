// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
@_spi(Server) import LiveProgressHTTP

/// A message from one node to another: a line of JSON, and the body of a request after it.
enum NodeMessage: Sendable, Hashable {
    /// A request of a client for an operation of the receiver, or for a part of the list.
    case request(NodeRequest)
    /// A watcher on the sender watches an operation of the receiver.
    case watched(ProgressID)
    /// A watcher on the sender has asked to cancel an operation of the receiver.
    case cancel(ProgressID)
    /// The sender wants the changes of the receiver's operations after a position.
    case feed(session: String, position: UInt64)
    /// The sender took the receiver for gone, so others may have taken over its operations.
    case verify
    /// The sender wants to know that the receiver exists.
    case ping

    /// The bytes of the message.
    var bytes: [UInt8] {
        switch self {
        case .request(let request): Framed(request.head.json(for: request), request.body).bytes
        case .watched(let id): Framed(["watched": .string(id.rawValue)]).bytes
        case .cancel(let id): Framed(["cancel": .string(id.rawValue)]).bytes
        case .feed(let session, let position):
            Framed(["feed": .string(session), "position": .integer(Int64(position))]).bytes
        case .verify: Framed(["verify": true]).bytes
        case .ping: Framed(["ping": true]).bytes
        }
    }

    /// Reads a message; `nil` if the message is of no node, or of a newer version.
    init?(_ bytes: [UInt8]) {
        guard let framed = Framed(bytes) else { return nil }
        let head = framed.head
        if let id = head["watched"]?.stringValue.flatMap({ ProgressID($0) }) {
            self = .watched(id)
        } else if let id = head["cancel"]?.stringValue.flatMap({ ProgressID($0) }) {
            self = .cancel(id)
        } else if let session = head["feed"]?.stringValue, let position = head["position"]?.intValue, position >= 0 {
            self = .feed(session: session, position: UInt64(position))
        } else if head["verify"] != nil {
            self = .verify
        } else if head["ping"] != nil {
            self = .ping
        } else if let request = NodeRequest(json: head, body: framed.body) {
            self = .request(request)
        } else {
            return nil
        }
    }
}

/// The answer of a node to a message.
enum NodeAnswer: Sendable {
    case response(ProgressResponse)
    case feed(FeedAnswer)
    /// The node does not have the operation.
    case notHere
    case done

    var bytes: [UInt8] {
        switch self {
        case .response(let response):
            let body: [UInt8] = if case .bytes(let bytes) = response.body { bytes } else { [] }
            let head: JSONValue = [
                "status": .integer(Int64(response.head.status.code)), "fields": response.head.headerFields.json,
            ]
            return Framed(head, body).bytes
        case .feed(let answer):
            let head: JSONValue = [
                "position": .integer(Int64(answer.position)), "mustRestart": .bool(answer.mustRestart),
                "isComplete": .bool(answer.isComplete),
            ]
            return Framed(head, answer.lines).bytes
        case .notHere: return Framed(["notHere": true]).bytes
        case .done: return Framed(["done": true]).bytes
        }
    }

    init?(_ bytes: [UInt8]) {
        guard let framed = Framed(bytes) else { return nil }
        if framed.head["notHere"] != nil {
            self = .notHere
        } else if framed.head["done"] != nil {
            self = .done
        } else if let position = framed.head["position"]?.intValue, position >= 0 {
            var answer = FeedAnswer(position: UInt64(position))
            answer.mustRestart = framed.head["mustRestart"]?.boolValue ?? false
            answer.isComplete = framed.head["isComplete"]?.boolValue ?? true
            answer.lines = framed.body
            self = .feed(answer)
        } else if let status = framed.head["status"]?.intValue {
            let head = HTTPResponse(
                status: HTTPResponse.Status(code: Int(status)),
                headerFields: HTTPFields(json: framed.head["fields"])
            )
            self = .response(ProgressResponse(head: head, body: framed.body.isEmpty ? .empty : .bytes(framed.body)))
        } else {
            return nil
        }
    }
}

/// What a node tells all others.
enum NodeAnnouncement: Sendable, Hashable {
    case present(String)
    case leaving(String)
    /// The sender has found that records are lost, so each node must write those of its operations again.
    case recordsLost(String)

    var bytes: [UInt8] {
        switch self {
        case .recordsLost(let name): (["recordsLost": .string(name)] as JSONValue).jsonBytes
        case .present(let name): (["present": .string(name)] as JSONValue).jsonBytes
        case .leaving(let name): (["leaving": .string(name)] as JSONValue).jsonBytes
        }
    }

    init?(_ bytes: [UInt8]) {
        guard let members = try? JSONValue(parsing: bytes) else { return nil }
        if let name = members["present"]?.stringValue {
            self = .present(name)
        } else if let name = members["leaving"]?.stringValue {
            self = .leaving(name)
        } else if let name = members["recordsLost"]?.stringValue {
            self = .recordsLost(name)
        } else {
            return nil
        }
    }
}

/// A line of JSON, which contains no line break, and bytes after it.
private struct Framed {
    let head: JSONValue
    let body: [UInt8]

    init(_ head: JSONValue, _ body: [UInt8] = []) {
        (self.head, self.body) = (head, body)
    }

    init?(_ bytes: [UInt8]) {
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")), let head = try? JSONValue(parsing: bytes[..<end])
        else { return nil }
        self.init(head, Array(bytes[(end + 1)...]))
    }

    var bytes: [UInt8] { head.jsonBytes + [UInt8(ascii: "\n")] + body }
}
