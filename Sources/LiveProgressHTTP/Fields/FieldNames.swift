// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes

extension HTTPField.Name {
    /// The media types that `PATCH` accepts (RFC 5789).
    static let acceptPatch = Self("Accept-Patch")!
    /// The media types that `POST` accepts (W3C, Linked Data Platform).
    static let acceptPost = Self("Accept-Post")!
    /// The key with which a repeated change takes effect only once.
    static let idempotencyKey = Self("Idempotency-Key")!
    /// The cursor that an `EventSource` sends when it reconnects.
    static let lastEventID = Self("Last-Event-ID")!
    /// The client's preferences (RFC 7240).
    static let prefer = Self("Prefer")!
    /// The preferences that the server applied (RFC 7240).
    static let preferenceApplied = Self("Preference-Applied")!
    /// The number before which a node lists its operations; only between nodes.
    static let nodeListBefore = Self("Live-Progress-List-Before")!
    /// The numbers of the operations that a node lists, and `more` if there are others; only between nodes.
    static let nodeListNumbers = Self("Live-Progress-List-Numbers")!
    /// The field that tells a proxy to forward a stream without buffering.
    static let accelBuffering = Self("X-Accel-Buffering")!
}
