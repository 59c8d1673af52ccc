// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// One call whose cost is measured, in time or in instructions.
struct MicroCase: Sendable {
    /// A prepared case: the loop to measure, and the cleanup after each loop, which is not measured.
    struct Prepared {
        let run: (_ calls: Int) throws -> Void
        var tidy: () -> Void = {}
    }

    /// The name on the command line and in the table.
    let name: String
    /// The target: the maximum number of nanoseconds per call; `nil` if there is no target.
    var target: Double?
    /// Prepares the loop.
    let prepare: @Sendable () throws -> Prepared

    /// Creates a case with the given members.
    init(_ name: String, target: Double? = nil, prepare: @escaping @Sendable () throws -> Prepared) {
        self.name = name
        self.target = target
        self.prepare = prepare
    }

    /// All cases, in the order of the table.
    static let all = reporting + counting + reading + lifetimes + encoding + context + connecting
}

/// Prevents the optimiser from removing a value that is not used otherwise.
@inline(never)
func keep<Value>(_ value: Value) {}
