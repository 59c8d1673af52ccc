// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgressHTTP
import NIOCore
import NIOHTTP1

extension ProgressResponse {
    /// The parts of a response that has no stream.
    var parts: [HTTPServerResponsePart] {
        var headers = HTTPHeaders()
        for field in head.headerFields { headers.add(name: field.name.rawName, value: field.value) }
        let status = HTTPResponseStatus(statusCode: head.status.code)
        var parts: [HTTPServerResponsePart] = [.head(.init(version: .http1_1, status: status, headers: headers))]
        if case .bytes(let bytes) = body { parts.append(.body(.byteBuffer(ByteBuffer(bytes: bytes)))) }
        return parts + [.end(nil)]
    }
}
