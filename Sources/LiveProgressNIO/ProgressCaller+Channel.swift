// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgressHTTP
public import NIOCore

extension ProgressCaller {
    /// Creates the caller of a connection, or of one stream of a connection.
    ///
    /// - Parameters:
    ///   - channel: The channel of the accepted connection, or of the stream.
    ///   - isSecure: Whether the connection is encrypted.
    public init(_ channel: any Channel, isSecure: Bool) {
        self.init(address: channel.remoteAddress?.host, isSecure: isSecure)
        var listener = channel.parent
        while let next = listener?.parent { listener = next }
        isOnLoopback = listener?.localAddress?.isLoopback ?? false
    }
}
