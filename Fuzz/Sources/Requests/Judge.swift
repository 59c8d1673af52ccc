// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import HTTPTypes

@testable internal import LiveProgress
@_spi(Server) @testable internal import LiveProgressHTTP
@_spi(Server) @testable internal import LiveProgressWire

/// The rules for every response, whatever the request was (RFC 9110, RFC 9457).
struct Judge {
    let request: HTTPRequest
    let api: ProgressAPI

    func check(_ answer: ProgressResponse) {
        let status = answer.head.status.code
        // The status is 503 if the maximum number of operations exists.
        expect((200...499).contains(status) || status == 503, "status \(status) to \(request)")
        checkFraming(answer, status)
        checkFields(answer.head.headerFields, status)
        guard case .bytes(let bytes) = answer.body else { return }
        switch answer.head.headerFields[.contentType] {
        case "application/problem+json": checkProblem(bytes, status)
        case "application/json": checkJSON(bytes, answer.head)
        case "text/html; charset=utf-8": break
        case let type: fail("a body of type \(type ?? "none")")
        }
    }

    private func checkFraming(_ answer: ProgressResponse, _ status: Int) {
        let length = answer.head.headerFields[.contentLength]
        switch answer.body {
        case .bytes(let bytes): expectEqual(length, String(bytes.count), "the length of the body")
        case .stream: expect(length == nil && request.method == .get, "a stream with a length, or to \(request)")
        case .empty: expect(request.method == .head || length == nil || length == "0", "no body, but a length")
        }
        if status == 204 || status == 304, case .bytes = answer.body { fail("a \(status) with a body") }
        if request.method == .head, case .bytes = answer.body { fail("a body in answer to HEAD") }
    }

    private func checkFields(_ fields: HTTPFields, _ status: Int) {
        for field in fields { expect(HTTPField.isValidValue(field.value), "not fit for the wire: \(field)") }
        expectEqual(fields[.xContentTypeOptions], "nosniff", "X-Content-Type-Options")
        expect(fields[.cacheControl] != nil, "no Cache-Control")
        switch status {
        case 201: expect(isReference(fields[.location]), "a 201 without a relative Location")
        case 405: expect(fields[.allow]?.isEmpty == false, "a 405 without Allow")
        case 503: expect(fields[.retryAfter].flatMap { Int($0) } ?? 0 > 0, "a 503 without Retry-After")
        default: break
        }
        if let tag = fields[.eTag] {
            guard case .tags(let tags)? = TagCondition(tag), tags.count == 1, ProgressCursor(tags[0].value) != nil
            else { fail("an ETag that is no cursor: \(tag)") }
        }
    }

    /// Returns whether a relative reference leads from the request's path to an operation.
    private func isReference(_ location: String?) -> Bool {
        guard let segments = location?.split(separator: "/", omittingEmptySubsequences: false) else { return false }
        return segments.count == 2 && segments[0] != "" && ProgressID(String(segments[1])) != nil
    }

    private func checkProblem(_ bytes: [UInt8], _ status: Int) {
        guard let problem = try? ProgressMessage.decodeProblem(bytes) else { fail("a problem that is none") }
        expectEqual(problem.status, status, "the status in the problem")
        expect(problem.type.hasPrefix(ProgressProblem.typePrefix), "a problem of type \(problem.type)")
        expect(!problem.title.isEmpty && problem.detail?.isEmpty == false, "a problem that says nothing: \(problem)")
        expect(status >= 400, "a problem with status \(status)")
    }

    /// Checks a snapshot, or a page of snapshots; the entity tag of a snapshot is its cursor.
    private func checkJSON(_ bytes: [UInt8], _ head: HTTPResponse) {
        do throws(WireError) {
            guard let tag = head.headerFields[.eTag] else {
                _ = try ProgressMessage.decodePage(bytes)
                return
            }
            let snapshot = try ProgressMessage.decodeSnapshot(bytes)
            expectEqual(tag, EntityTag(snapshot.cursor).fieldValue, "the tag of a snapshot")
        } catch {
            fail("neither a snapshot nor a page: \(error)\n\(String(decoding: bytes, as: UTF8.self))")
        }
    }
}
