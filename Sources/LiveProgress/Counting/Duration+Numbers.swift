// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension Duration {
    /// The duration in seconds, precise to about a nanosecond; needs one multiplication and no division of 128 bits.
    var inSeconds: Double { Double(steps) * (Double(1 << 30) * 1e-18) }

    /// The duration in steps of 2³⁰ attoseconds, each about a nanosecond.
    var steps: Int64 { Int64(clamping: attoseconds >> 30) }
}
