// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressHTTP

extension HTTPRequest {
    /// The JSON of a request without its body.
    func json(for request: NodeRequest) -> JSONValue {
        var members = JSONObject()
        members["method"] = .string(method.rawValue)
        members["path"] = path.map { .string($0) }
        members["fields"] = headerFields.json
        members["address"] = request.caller.address.map { .string($0) }
        members["subject"] = request.caller.subject.map { .string($0) }
        members["isSecure"] = .bool(request.caller.isSecure)
        members["isOnLoopback"] = .bool(request.caller.isOnLoopback)
        members["newID"] = request.newID.map { .string($0.rawValue) }
        return .object(members)
    }
}

extension NodeRequest {
    /// Reads a request; `nil` if the JSON is none.
    init?(json: JSONValue, body: [UInt8]) {
        guard let method = json["method"]?.stringValue.flatMap({ HTTPRequest.Method($0) }) else { return nil }
        var caller = ProgressCaller(
            address: json["address"]?.stringValue,
            isSecure: json["isSecure"]?.boolValue ?? false,
            subject: json["subject"]?.stringValue
        )
        caller.isOnLoopback = json["isOnLoopback"]?.boolValue ?? false
        let head = HTTPRequest(
            method: method,
            scheme: nil,
            authority: nil,
            path: json["path"]?.stringValue,
            headerFields: HTTPFields(json: json["fields"])
        )
        self.init(head: head, body: body, caller: caller, newID: json["newID"]?.stringValue.flatMap { ProgressID($0) })
    }
}

extension HTTPFields {
    /// The fields as pairs of name and value, in their order.
    var json: JSONValue {
        .array(map { [.string($0.name.rawName), .string($0.value)] })
    }

    init(json: JSONValue?) {
        self.init()
        for pair in json?.arrayValue ?? [] {
            guard let pair = pair.arrayValue, pair.count == 2, let value = pair[1].stringValue,
                let name = pair[0].stringValue.flatMap({ HTTPField.Name($0) })
            else { continue }
            append(HTTPField(name: name, value: value))
        }
    }
}
