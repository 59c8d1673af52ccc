// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

extension Problems {
    static let malformedKey = ProgressProblem(
        .malformedHeader,
        "Idempotency-Key must have 1 to \(IdempotencyKey.maximumLength) printable ASCII characters; a UUID is best."
    )

    static let keyReused = ProgressProblem(
        .idempotencyKeyReused,
        "This Idempotency-Key came before with another request. Use a new key for each request that is not a repeat."
    )

    static let startedAnew = ProgressProblem(
        .gone,
        "What this Idempotency-Key belongs to is over, and another request has started it anew. Use a new key for the new one."
    )

    static let keyInUse = ProgressProblem(
        .idempotencyKeyInUse,
        "The first request with this Idempotency-Key is still being answered. Try again in a second."
    )
}
