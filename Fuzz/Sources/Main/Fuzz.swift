// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import Foundation
internal import FuzzSupport
internal import FuzzTargets

/// The target in the environment variable `FUZZ_TARGET`.
private let target: FuzzTarget = {
    let name = ProcessInfo.processInfo.environment["FUZZ_TARGET"] ?? ""
    guard let target = FuzzTarget(rawValue: name) else {
        fail("FUZZ_TARGET is \"\(name)\"; it must be one of \(FuzzTarget.allCases.map(\.rawValue))")
    }
    return target
}()

/// Checks one input for libFuzzer; the result 0 keeps the input if it reached new code.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target.check(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}
