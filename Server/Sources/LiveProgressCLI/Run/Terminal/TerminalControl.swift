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

/// Lends the terminal to the command when the command reads from the terminal, for example for a password.
///
/// The command's group is a background group of the terminal, so that a pipeline with this process keeps its terminal.
/// The system stops a background command that reads (SIGTTIN). Then `run` lends the terminal and continues the command.
final class TerminalControl: Sendable {
    private let descriptor: Int32
    private let ownGroup: pid_t
    private let isLent = Mutex(false)

    /// Opens the terminal of the session, or returns `nil` without a terminal.
    ///
    /// From then on this process ignores SIGTTOU.
    init?() {
        descriptor = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        ownGroup = getpgrp()
        guard descriptor >= 0 else { return nil }
        // A background process can take the terminal back only if it ignores SIGTTOU.
        _ = signal(SIGTTOU, SIG_IGN)
    }

    deinit { close(descriptor) }

    /// Lends the terminal; returns `false` if another group has the terminal.
    func lend(to child: ChildProcess) -> Bool {
        let owner = tcgetpgrp(descriptor)
        guard owner == child.pid || (owner == ownGroup && tcsetpgrp(descriptor, child.pid) == 0) else { return false }
        isLent.withLock { $0 = true }
        return true
    }

    /// Lends the terminal again after a pause, if it was lent before.
    func lendAgain(to child: ChildProcess) {
        if isLent.withLock({ $0 }) { _ = lend(to: child) }
    }

    /// Takes the terminal back from a command that has ended.
    func takeBack(from child: ChildProcess) {
        if tcgetpgrp(descriptor) == child.pid { _ = tcsetpgrp(descriptor, ownGroup) }
    }
}
