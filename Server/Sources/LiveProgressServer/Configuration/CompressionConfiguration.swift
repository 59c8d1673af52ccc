// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressDeflate
import LiveProgressWebSocket

/// The settings for compressed WebSocket messages.
package struct CompressionConfiguration: Sendable, Hashable {
    /// Whether the server negotiates permessage-deflate (RFC 7692); the default is `false`.
    ///
    /// Compression saves bandwidth. It costs the server some microseconds for each message, independent of the number of
    /// watchers.
    package var isEnabled = false

    /// Creates the default configuration, without compression.
    package init() {}

    /// Reads the value of the key `compression`.
    init(_ values: ConfigurationValues) throws(ServerConfigurationError) {
        isEnabled = try values.boolean("compression") ?? isEnabled
    }

    var codec: (any DeflateCodec)? { isEnabled ? ZlibCodec() : nil }
}
