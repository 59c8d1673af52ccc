// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes

extension HTTPField.Name {
    /// Media types that `PATCH` takes (RFC 5789).
    static let acceptPatch = Self("Accept-Patch")!
    /// Media types that `POST` takes (W3C, Linked Data Platform).
    static let acceptPost = Self("Accept-Post")!
    /// Makes a repeated `POST` give the operation that the first one made.
    static let idempotencyKey = Self("Idempotency-Key")!
    /// The cursor with which an `EventSource` comes back.
    static let lastEventID = Self("Last-Event-ID")!
    /// What the client would prefer (RFC 7240).
    static let prefer = Self("Prefer")!
    /// Which preferences were heeded (RFC 7240).
    static let preferenceApplied = Self("Preference-Applied")!
    /// Tells a proxy to pass a stream on as it comes.
    static let accelBuffering = Self("X-Accel-Buffering")!
}
