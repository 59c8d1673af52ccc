// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The progress bar that a terminal itself shows, such as in its tab or in the task bar (OSC 9;4).
///
/// The sequences end with `ESC \\`, because some terminals ignore the sequence with BEL, and have no empty field.
struct TerminalBar: Sendable {
    /// The sequence that was written last; `nil` without a bar.
    private(set) var shown: String?

    /// Returns the sequence for a snapshot, or an empty text if the bar does not change.
    mutating func show(_ snapshot: ProgressSnapshot) -> String {
        guard snapshot.outcome == nil else { return remove() }
        let percent = snapshot.fractionCompleted.map { Formatting.percent($0) }
        let isHeldUp = [.waiting, .stalled, .cancelling].contains(snapshot.status)
        let next =
            switch percent {
            case let percent?: Self.sequence(isHeldUp ? 4 : 1, percent)
            case nil: Self.sequence(3, 0)
            }
        guard next != shown else { return "" }
        shown = next
        return next
    }

    /// Returns the sequence that removes the bar, or an empty text without a bar.
    mutating func remove() -> String {
        shown.take() == nil ? "" : Self.sequence(0, 0)
    }

    private static func sequence(_ state: Int, _ percent: Int) -> String { "\u{1B}]9;4;\(state);\(percent)\u{1B}\\" }
}
