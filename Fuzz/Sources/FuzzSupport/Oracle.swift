// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import Foundation
internal import Synchronization

/// Ends the process where something does not hold, so that the fuzzer keeps the input that showed it.
///
/// - Parameters:
///   - condition: What must hold.
///   - message: What was seen instead; made only where it is needed.
@inline(__always)
public func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { fail(message()) }
}

/// Ends the process where two ways to the same result differ.
///
/// - Parameters:
///   - one: What came out on the one way.
///   - other: What came out on the other.
///   - message: Which ways they were.
@inline(__always)
public func expectEqual<Value: Equatable>(_ one: Value, _ other: Value, _ message: @autoclosure () -> String) {
    if one != other { fail("\(message())\n  one:   \(one)\n  other: \(other)") }
}

/// Ends the process: an oracle does not hold.
///
/// - Parameter message: What was seen.
@inline(never)
public func fail(_ message: String) -> Never {
    let input = CheckedInput.current.withLock { $0 }
    let place = input.map {
        "\nThe input, of the target \($0.target), in base64: \(Data($0.bytes).base64EncodedString())"
    }
    FileHandle.standardError.write(Data("ORACLE: \(message)\(place ?? "")\n".utf8))
    abort()
}
