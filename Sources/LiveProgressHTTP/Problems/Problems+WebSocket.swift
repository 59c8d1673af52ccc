// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

extension Problems {
    static let webSocketVersion = make(
        "websocket-version",
        426,
        "Unsupported WebSocket version",
        "Only version 13 (RFC 6455) is spoken: send Sec-WebSocket-Version: 13."
    )

    static func invalidUpgrade(_ detail: String) -> ProgressProblem {
        make("invalid-upgrade", 400, "Invalid WebSocket upgrade", detail)
    }
}
