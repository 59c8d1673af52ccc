// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

extension Problems {
    static let malformedKey = make(
        "malformed-header",
        400,
        "Malformed header field",
        "Idempotency-Key must have 1 to \(IdempotencyKey.maximumLength) printable ASCII characters; a UUID is best."
    )

    static let keyReused = make(
        "idempotency-key-reused",
        422,
        "Idempotency key reused",
        "This Idempotency-Key came before with another request. Use a new key for each request that is not a repeat."
    )

    static let startedAnew = make(
        "gone",
        410,
        "Operation is gone",
        "What this Idempotency-Key belongs to is over, and another request has started it anew. Use a new key for the new one."
    )

    static let keyInUse = make(
        "idempotency-key-in-use",
        409,
        "Idempotency key in use",
        "The first request with this Idempotency-Key is still being answered. Try again in a second."
    )
}
