// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// One call whose cost is measured, alone or as a threshold of instructions.
struct MicroCase: Sendable {
    /// A prepared case: the loop itself, and what is to be done after each loop, which is not measured.
    struct Prepared {
        let run: (_ calls: Int) throws -> Void
        var tidy: () -> Void = {}
    }

    /// What it is called on the command line and in the table.
    let name: String
    /// The most nanoseconds that a call should take, where there is a target.
    var target: Double?
    /// Makes what the loop needs.
    let prepare: @Sendable () throws -> Prepared

    /// A case with the given members.
    init(_ name: String, target: Double? = nil, prepare: @escaping @Sendable () throws -> Prepared) {
        self.name = name
        self.target = target
        self.prepare = prepare
    }

    /// All cases, in the order of the table.
    static let all = reporting + counting + reading + lifetimes + encoding + context + connecting
}

/// Keeps the optimiser from finding out that a value is not used.
@inline(never)
func keep<Value>(_ value: Value) {}
