// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgressHTTP
public import NIOCore

extension ProgressCaller {
    /// Who is at the other end of a connection, or of a stream of one.
    ///
    /// - Parameters:
    ///   - channel: The connection, as its server has accepted it.
    ///   - isSecure: Whether it is encrypted.
    public init(_ channel: any Channel, isSecure: Bool) {
        self.init(address: channel.remoteAddress?.host, isSecure: isSecure)
        var listener = channel.parent
        while let next = listener?.parent { listener = next }
        isOnLoopback = listener?.localAddress?.isLoopback ?? false
    }
}
