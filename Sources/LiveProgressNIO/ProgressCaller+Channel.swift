// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import NIOCore

extension ProgressCaller {
    /// Who is at the other end of a connection.
    init(_ channel: any Channel, isSecure: Bool) {
        self.init(address: channel.remoteAddress?.host, isSecure: isSecure)
    }
}
