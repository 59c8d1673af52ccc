// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import HTTPTypes
public import LiveProgress
@_spi(Server) import LiveProgressWire

/// A response of the API: a head, and a body that is complete or a stream.
public struct ProgressResponse: Sendable {
    /// The status and the header fields, with `Content-Length` if the length is known.
    public var head: HTTPResponse
    /// The body; empty in a response to `HEAD`.
    public var body: Body

    /// The body of a response.
    public enum Body: Sendable {
        /// No body.
        case empty
        /// The complete body.
        case bytes([UInt8])
        /// A stream of chunks, until its end or until its reader is cancelled.
        case stream(ProgressBodyStream)
    }

    /// Creates a response from its parts.
    @_spi(Server) public init(head: HTTPResponse, body: Body = .empty) {
        self.head = head
        self.body = body
    }

    /// Creates the response that reports a problem: `application/problem+json` (RFC 9457).
    ///
    /// - Parameters:
    ///   - problem: The problem; its status is the status of the response, or 500 if the problem has none.
    ///   - fields: Additional header fields, such as `Allow` or `Retry-After`.
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

    /// Adds the header fields of every response, unless the handler has set them.
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
