// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

extension [BackplaneRecord] {
    /// The operation that these records make together; `nil` if it was removed, or if there is no record that can be read.
    ///
    /// Records of a former run, and those before missing revisions, have no effect.
    var operation: StoredOperation? {
        var operation: StoredOperation?
        for record in self {
            switch try? NodeRecord(record.payload) {
            case .operation(let change):
                if operation.map({ change.continues($0) }) ?? false {
                    operation?.apply(change)
                } else {
                    operation = change
                }
            case .removed, nil: operation = nil
            }
        }
        return operation
    }
}

extension StoredOperation {
    /// Whether this change begins at most one revision after another one's newest, in the same run.
    func continues(_ other: StoredOperation) -> Bool {
        epoch == other.epoch && revisions[0].snapshot.revision <= other.newest.revision + 1
    }
}
