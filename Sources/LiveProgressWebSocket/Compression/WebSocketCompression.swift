// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The compression that a connection's ends agreed on, and what does it.
///
/// A reference, so that connections without compression have no room for it.
public final class WebSocketCompression: Sendable {
    /// What compresses.
    public let codec: any DeflateCodec
    /// What is agreed on.
    public let parameters: DeflateParameters

    /// A compression of the given parts.
    public init(codec: any DeflateCodec, parameters: DeflateParameters) {
        self.codec = codec
        self.parameters = parameters
    }
}
