// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// A value that copies share: to copy it takes one reference, whatever it holds.
final class SharedBox<Value: Sendable & Hashable>: Sendable, Hashable {
    let value: Value

    init(_ value: Value) { self.value = value }

    static func == (one: SharedBox, other: SharedBox) -> Bool {
        one === other || one.value == other.value
    }

    func hash(into hasher: inout Hasher) { value.hash(into: &hasher) }
}
