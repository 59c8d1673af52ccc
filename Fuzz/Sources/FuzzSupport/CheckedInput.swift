// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import Synchronization

/// The input that is checked now, for what a failure says.
///
/// The fuzzer keeps its inputs itself.
public struct CheckedInput: Sendable {
    static let current = Mutex<CheckedInput?>(nil)

    let target: String
    let bytes: [UInt8]

    /// Checks one input, and names it where that fails; one at a time in a process.
    ///
    /// - Parameters:
    ///   - bytes: The input.
    ///   - target: Its folder in `Fuzz/Corpus`.
    ///   - check: What must hold.
    public static func check(_ bytes: [UInt8], of target: String, _ check: ([UInt8]) -> Void) {
        current.withLock { $0 = CheckedInput(target: target, bytes: bytes) }
        check(bytes)
        current.withLock { $0 = nil }
    }
}
