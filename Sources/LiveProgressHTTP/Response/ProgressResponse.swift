// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import HTTPTypes
public import LiveProgress
import LiveProgressWire

/// What the API answers: a head, and a body that is there at once or comes as time goes by.
public struct ProgressResponse: Sendable {
    /// The status and the header fields, `Content-Length` among them wherever the length is known.
    public var head: HTTPResponse
    /// The body; never there in answer to `HEAD`.
    public var body: Body

    /// The body of a response.
    public enum Body: Sendable {
        /// No body.
        case empty
        /// All bytes at once.
        case bytes([UInt8])
        /// Bytes as they come, until the stream ends or its reader is cancelled.
        case stream(ProgressBodyStream)
    }

    /// A response with the given parts.
    public init(head: HTTPResponse, body: Body = .empty) {
        self.head = head
        self.body = body
    }

    /// The answer that tells of a problem: `application/problem+json` (RFC 9457).
    ///
    /// - Parameters:
    ///   - problem: What is wrong; without a status of its own the answer is a 500.
    ///   - fields: Further fields, such as `Allow` or `Retry-After`.
    public init(problem: ProgressProblem, fields: HTTPFields = [:]) {
        var fields = fields
        fields[.contentType] = MediaType.problem.description
        let bytes = ProgressMessage.encodeProblem(problem)
        self.init(
            head: HTTPResponse(status: HTTPResponse.Status(code: problem.status ?? 500), headerFields: fields),
            body: .bytes(bytes)
        )
        sealFields()
    }
}

extension ProgressResponse {
    init(_ status: HTTPResponse.Status, _ fields: HTTPFields = [:], body: Body = .empty) {
        self.init(head: HTTPResponse(status: status, headerFields: fields), body: body)
    }

    init(_ refusal: Refusal) {
        self.init(problem: refusal.problem, fields: refusal.fields)
    }

    /// Adds the fields that every answer has, where the handler has not set them.
    mutating func sealFields() {
        head.headerFields.addMissing(SafeFields.all)
        if head.headerFields[.cacheControl] == nil { head.headerFields[.cacheControl] = "no-store" }
        switch body {
        case .bytes(let bytes):
            head.headerFields[.contentLength] = String(bytes.count)
        case .empty where head.status.code != 204 && head.status.code != 304:
            head.headerFields[.contentLength] = "0"
        case .empty, .stream:
            break
        }
    }
}
