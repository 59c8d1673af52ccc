// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The progress sequence OSC 9;4 of a program: `ESC ] 9 ; 4 ; state ; percent`, terminated by BEL or `ESC \`.
///
/// ConEmu introduced the sequence. Windows Terminal, Ghostty, mintty and others display it; systemd, cargo and others
/// send it.
struct TerminalProgress: Sendable, Hashable {
    /// The state of the progress.
    enum State: Int, Sendable, Hashable {
        case removed = 0
        case normal = 1
        case failing = 2
        case indeterminate = 3
        case paused = 4
    }

    var state: State
    /// The percentage, from 0 to 100, or `nil` if the sequence has none.
    var percent: Double?

    init(state: State, percent: Double? = nil) {
        self.state = state
        self.percent = percent
    }

    /// Parses the content between `ESC ]` and the terminator, or returns `nil` for another command.
    init?(command: some Collection<UInt8>) {
        let fields = command.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        guard fields.count >= 3, fields.count <= 4, fields[0] == "9", fields[1] == "4" else { return nil }
        guard let number = Int(fields[2]), let state = State(rawValue: number) else { return nil }
        var percent: Double?
        if fields.count == 4, !fields[3].isEmpty {
            guard let value = Int(fields[3]), value >= 0 else { return nil }
            percent = Double(min(value, 100))
        }
        switch state {
        case .removed, .indeterminate: self.init(state: state)
        case .normal: self.init(state: state, percent: percent ?? 0)
        case .failing, .paused: self.init(state: state, percent: percent)
        }
    }
}
