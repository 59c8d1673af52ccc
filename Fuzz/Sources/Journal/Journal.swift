// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport

/// Checks one input: the first byte sets the journal's capacity; then each byte is an action, followed by its argument.
public func checkInput(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let life = JournalLife(capacity: 1 + Int(first % 8))
    let script = bytes.dropFirst().prefix(512)
    for index in stride(from: script.startIndex, to: script.endIndex - 1, by: 2) {
        life.perform(script[index], Int64(script[index + 1]))
    }
    life.end()
}
