// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOHTTP1

/// One request, without the address of its server.
struct HTTPCall: Sendable {
    var method: HTTPMethod
    /// The path after the server's prefix, with its query.
    var path: String
    var headers: [(name: String, value: String)] = []
    /// The body as JSON; `nil` for no body.
    var body: [UInt8]?
}

/// One complete response.
struct HTTPAnswer: Sendable {
    var status: Int
    var headers: HTTPHeaders
    var body: [UInt8]
}
