// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import HTTPTypes

/// A sequence of requests.
///
/// Each request has the form of HTTP/1.1 without the version. A line of two percent signs separates two requests:
///
/// ```text
/// PATCH /op
/// Content-Type: application/json
///
/// {"state":"Copying"}
/// %%
/// GET /op
/// ```
/// A path follows `/api/v1/progress`, unless it begins with two slashes. Anything that is no request is skipped.
struct Script: Sendable {
    struct Step: Sendable {
        var request: HTTPRequest
        var body: [UInt8]
    }

    private static let mostSteps = 16
    private(set) var steps: [Step] = []

    init(_ bytes: [UInt8]) {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)[...]
        while !lines.isEmpty, steps.count < Self.mostSteps {
            let part = lines.prefix { !$0.elementsEqual("%%".utf8) }
            lines = lines.dropFirst(part.count + 1)
            if let step = Self.step(part) { steps.append(step) }
        }
    }

    private static func step(_ lines: ArraySlice<ArraySlice<UInt8>>) -> Step? {
        guard let first = lines.first else { return nil }
        let words = first.split(separator: UInt8(ascii: " "), maxSplits: 1)
        guard let name = words.first, let method = HTTPRequest.Method(text(name)) else { return nil }
        let path = words.count > 1 ? text(words[1]) : ""
        let fieldLines = lines.dropFirst().prefix { !$0.isEmpty }
        let body = lines.dropFirst(2 + fieldLines.count).joined(separator: [UInt8(ascii: "\n")])
        let request = HTTPRequest(
            method: method,
            scheme: "http",
            authority: "localhost",
            path: path.hasPrefix("//") ? String(path.dropFirst()) : "/api/v1/progress" + path,
            headerFields: fields(fieldLines)
        )
        return Step(request: request, body: Array(body))
    }

    private static func fields(_ lines: ArraySlice<ArraySlice<UInt8>>) -> HTTPFields {
        var fields = HTTPFields()
        for line in lines {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), let name = HTTPField.Name(text(line[..<colon]))
            else { continue }
            fields.append(HTTPField(name: name, value: text(line[(colon + 1)...])))
        }
        return fields
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }
}
