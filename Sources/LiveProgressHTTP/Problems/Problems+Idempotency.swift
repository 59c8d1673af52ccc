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
        "This Idempotency-Key belongs to another request. Use a new key for each request that is not a repeat."
    )

    static let startedAnew = ProgressProblem(
        .gone,
        "Another request has replaced the operation of this Idempotency-Key. Use a new key for the new operation."
    )

    static let keyInUse = ProgressProblem(
        .idempotencyKeyInUse,
        "The first request with this Idempotency-Key is still in progress. Try again in a second."
    )
}
