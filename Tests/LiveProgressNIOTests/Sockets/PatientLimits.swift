// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import LiveProgressWebSocket

extension ConnectionLimits {
    /// Limits with timeouts that no test reaches, even under the thread sanitizer on a busy machine; other tests cover the timeouts.
    static var patient: ConnectionLimits {
        var limits = ConnectionLimits()
        limits.headTimeout = .seconds(3600)
        limits.bodyTimeout = .seconds(3600)
        limits.unreadTimeout = .seconds(3600)
        limits.closeTimeout = .seconds(3600)
        return limits
    }
}

extension WebSocketConfiguration {
    /// No heartbeat, for the same reason as `ConnectionLimits.patient`.
    static var patient: WebSocketConfiguration { .init(heartbeat: nil, closeTimeout: .seconds(3600)) }
}
