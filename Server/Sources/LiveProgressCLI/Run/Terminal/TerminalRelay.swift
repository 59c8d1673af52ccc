// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The command's own terminal, and its connection to the user's terminal.
final class TerminalRelay: Sendable {
    let user: UserTerminal
    let pseudo: PseudoTerminal
    private let input: InputPump
    /// Whether the command may read keys: from the start if standard input is the terminal, else when it first reads them.
    private let isLent: Mutex<Bool>
    /// Whether a standard descriptor is no terminal: then other programs of a pipeline may write to the terminal too, which must
    /// process their output.
    private let isShared: Bool
    /// Whether the command's terminal processes its output: from the first time on that the user's terminal is raw.
    private let processesOutput: Mutex<Bool>

    /// Opens a terminal for the command, or returns `nil` if no output of this process is a terminal.
    init?(outputTarget: Int32, errorTarget: Int32) throws(SystemError) {
        guard isatty(outputTarget) == 1 || isatty(errorTarget) == 1, let user = UserTerminal() else { return nil }
        self.user = user
        isLent = Mutex(user.hasKeys)
        isShared = !user.hasKeys || isatty(outputTarget) == 0 || isatty(errorTarget) == 0
        let isRaw = !isShared && user.isForeground
        processesOutput = Mutex(isRaw)
        pseudo = try PseudoTerminal(like: user.descriptor, isRaw: isRaw)
        input = try InputPump(source: user.descriptor, target: pseudo.leader)
    }

    /// Whether the command starts in the foreground of its terminal.
    var startsInForeground: Bool { user.hasKeys && user.isForeground }

    /// Passes keys on to the command, if this process is in the foreground; returns whether it does.
    func enter() -> Bool {
        pseudo.resize(like: user.descriptor)
        let isOn = isLent.withLock(\.self) && user.enter(processesOutput: isShared)
        if isOn, !isShared {
            let wasDone = processesOutput.withLock { isDone in
                defer { isDone = true }
                return isDone
            }
            if !wasDone { pseudo.processOutput(true) }
        }
        input.setOn(isOn)
        return isOn
    }

    /// Passes keys on from now on, because the command reads them; returns whether it can.
    func lend() -> Bool {
        guard user.isForeground else { return false }
        isLent.withLock { $0 = true }
        return enter()
    }

    /// Gives the terminal back to the user.
    func leave() {
        input.setOn(false)
        user.leave()
    }

    func resize() { pseudo.resize(like: user.descriptor) }

    /// Answers queries of the program.
    func answer(queryCount: Int) {
        for _ in 0..<queryCount { input.type(QueryFilter.answer) }
    }

    /// Ends the connection, after the command has ended.
    func end() {
        leave()
        input.stop()
        close(pseudo.leader)
    }
}
