// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import Synchronization

/// The input that is being checked, so that a failure can print it.
///
/// The fuzzer stores its inputs itself.
public struct CheckedInput: Sendable {
    static let current = Mutex<CheckedInput?>(nil)

    let target: String
    let bytes: [UInt8]

    /// Checks one input, and reports it on failure; one input at a time per process.
    ///
    /// - Parameters:
    ///   - bytes: The input.
    ///   - target: The folder of the target in `Fuzz/Corpus`.
    ///   - check: The check.
    public static func check(_ bytes: [UInt8], of target: String, _ check: ([UInt8]) -> Void) {
        current.withLock { $0 = CheckedInput(target: target, bytes: bytes) }
        check(bytes)
        current.withLock { $0 = nil }
    }
}
