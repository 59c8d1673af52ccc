// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressDeflate
import LiveProgressWebSocket

/// Whether watchers may ask for compressed messages.
public struct CompressionConfiguration: Sendable, Hashable {
    /// Whether permessage-deflate (RFC 7692) is negotiated; by default it is not.
    ///
    /// It spares bandwidth, and costs the server some microseconds for each message, however many watch.
    public var isEnabled = false

    /// The default: off.
    public init() {}

    /// The key is `compression`.
    init(_ values: ConfigurationValues) throws(ServerConfigurationError) {
        isEnabled = try values.boolean("compression") ?? isEnabled
    }

    var codec: (any DeflateCodec)? { isEnabled ? ZlibCodec() : nil }
}
