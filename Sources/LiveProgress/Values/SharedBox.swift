// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A box that shares one value between copies; a copy takes one reference, whatever the size of the value.
final class SharedBox<Value: Sendable & Hashable>: Sendable, Hashable {
    let value: Value

    init(_ value: Value) { self.value = value }

    static func == (one: SharedBox, other: SharedBox) -> Bool {
        one === other || one.value == other.value
    }

    func hash(into hasher: inout Hasher) { value.hash(into: &hasher) }
}
