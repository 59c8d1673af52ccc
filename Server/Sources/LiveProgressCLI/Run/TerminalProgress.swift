// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// What a program tells a terminal of its progress: `ESC ] 9 ; 4 ; state ; percent`, ended by BEL or `ESC \`.
///
/// ConEmu made it up; Windows Terminal, Ghostty, mintty and others show it, and systemd, cargo and others send it.
struct TerminalProgress: Sendable, Hashable {
    /// What kind of progress it is.
    enum State: Int, Sendable, Hashable {
        case removed = 0
        case normal = 1
        case failing = 2
        case indeterminate = 3
        case paused = 4
    }

    var state: State
    /// From 0 to 100, or `nil` where the command says none.
    var percent: Double?

    init(state: State, percent: Double? = nil) {
        self.state = state
        self.percent = percent
    }

    /// Reads what stands between `ESC ]` and the end, or gives `nil` where it is about something else.
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
