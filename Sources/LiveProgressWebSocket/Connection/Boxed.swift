// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// An optional value that takes one word while it is `nil`, for state that only a few connections have at the same time.
struct Boxed<Value> {
    /// Empty, or one element: an empty array allocates nothing, and an array can be changed in place.
    private var storage: ContiguousArray<Value> = []

    init(_ value: Value? = nil) {
        self.value = value
    }

    /// The value, which can be changed in place.
    var value: Value? {
        get { storage.first }
        set { storage = newValue.map { [$0] } ?? [] }
        _modify {
            var value = storage.popLast()
            defer {
                if let value { storage.append(value) } else { storage = [] }
            }
            yield &value
        }
    }
}

extension Boxed: Sendable where Value: Sendable {}
