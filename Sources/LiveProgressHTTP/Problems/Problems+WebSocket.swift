// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

extension Problems {
    static let webSocketVersion = ProgressProblem(
        .webSocketVersion,
        "Only version 13 (RFC 6455) is spoken: send Sec-WebSocket-Version: 13."
    )

    static func invalidUpgrade(_ detail: String) -> ProgressProblem {
        ProgressProblem(.invalidUpgrade, detail)
    }
}
