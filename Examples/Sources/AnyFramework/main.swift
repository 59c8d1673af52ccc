// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressHTTP

var configuration = ProgressAPI.Configuration()
configuration.path = "/internal/jobs"
let api = ProgressAPI(service: ProgressService(), configuration: configuration)

/// Handles a request below the path, called by a framework's route; `write` sends a piece of the response body.
func handle(
    _ request: HTTPRequest,
    body: [UInt8],
    address: String?,
    write: ([UInt8]) async throws -> Void
) async throws -> HTTPResponse {
    let caller = ProgressCaller(address: address, isSecure: request.scheme == "https")
    let answer = await api.respond(to: request, body: body, from: caller)
    switch answer.body {
    case .empty: break
    case .bytes(let bytes): try await write(bytes)
    case .stream(let stream): for await chunk in stream { try await write(chunk) }
    }
    return answer.head
}

let request = HTTPRequest(method: .put, scheme: "http", authority: "localhost", path: "/internal/jobs/import-7")
let head = try await handle(request, body: [], address: nil) { print(String(decoding: $0, as: UTF8.self)) }
print(head.status)
