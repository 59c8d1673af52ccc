// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension Duration {
    /// Seconds, to about a nanosecond; one multiplication, where splitting into components would divide 128 bits.
    var inSeconds: Double { Double(steps) * (Double(1 << 30) * 1e-18) }

    /// Steps of 2³⁰ attoseconds, which are about a nanosecond.
    var steps: Int64 { Int64(clamping: attoseconds >> 30) }
}
