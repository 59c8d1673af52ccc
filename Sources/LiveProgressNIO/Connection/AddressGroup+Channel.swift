// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressHTTP
import NIOCore

extension AddressGroup {
    /// Creates the group of a remote address; `nil` if there is no address, as for a Unix socket, and for a trusted proxy.
    ///
    /// Many clients share a proxy's address. The API counts their requests by the addresses that the proxy forwards.
    init?(_ address: SocketAddress?, sharedBy proxies: TrustedProxies) {
        guard let text = address?.host, !proxies.contains(address: text) else { return nil }
        self.init(text)
    }
}
