// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

extension Problems {
    static let webSocketVersion = ProgressProblem(
        .webSocketVersion,
        "The server supports only version 13 (RFC 6455): send Sec-WebSocket-Version: 13."
    )

    static func invalidUpgrade(_ detail: String) -> ProgressProblem {
        ProgressProblem(.invalidUpgrade, detail)
    }
}
