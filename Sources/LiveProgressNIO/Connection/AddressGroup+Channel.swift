// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import NIOCore

extension AddressGroup {
    /// The group of a connection's other end; `nil` for one without an address, such as a Unix socket's, and for one that
    /// many clients share, whose requests the API counts by what their proxies tell.
    init?(_ address: SocketAddress?, sharedBy proxies: TrustedProxies) {
        guard let text = address?.host, !proxies.contains(address: text) else { return nil }
        self.init(text)
    }
}
