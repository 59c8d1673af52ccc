// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import Foundation
internal import Synchronization

/// Ends the process if a condition does not hold, so that the fuzzer keeps the input.
///
/// - Parameters:
///   - condition: The condition that must hold.
///   - message: What was seen instead; evaluated only on failure.
@inline(__always)
public func expect(_ condition: Bool, _ message: @autoclosure () -> String) {
    if !condition { fail(message()) }
}

/// Ends the process if two ways to compute the same result differ.
///
/// - Parameters:
///   - one: The result of the first way.
///   - other: The result of the second way.
///   - message: The names of the ways.
@inline(__always)
public func expectEqual<Value: Equatable>(_ one: Value, _ other: Value, _ message: @autoclosure () -> String) {
    if one != other { fail("\(message())\n  one:   \(one)\n  other: \(other)") }
}

/// Ends the process, because a check failed.
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
