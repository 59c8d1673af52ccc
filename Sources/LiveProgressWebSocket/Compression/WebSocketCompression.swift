// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The negotiated compression of a connection, and its codec.
///
/// This type is a class, so that connections without compression need only one pointer for it.
package final class WebSocketCompression: Sendable {
    /// The codec that compresses and inflates.
    package let codec: any DeflateCodec
    /// The negotiated parameters.
    package let parameters: DeflateParameters

    /// Creates a compression of the given parts.
    package init(codec: any DeflateCodec, parameters: DeflateParameters) {
        self.codec = codec
        self.parameters = parameters
    }
}
