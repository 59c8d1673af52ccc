// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOHTTP1

/// One request, apart from where it goes.
struct HTTPCall: Sendable {
    var method: HTTPMethod
    /// The path after the server's prefix, with its query.
    var path: String
    var headers: [(name: String, value: String)] = []
    /// The body, JSON where there is one.
    var body: [UInt8]?
}

/// One whole answer.
struct HTTPAnswer: Sendable {
    var status: Int
    var headers: HTTPHeaders
    var body: [UInt8]
}
