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

/// Lends the terminal to the command when it wants to read from it, to ask for a password, say.
///
/// The command's group is a background group to the terminal, so that pipelines which we are a part of keep their
/// terminal; a command that reads is stopped by the system (SIGTTIN), given the terminal, and continued.
final class TerminalControl: Sendable {
    private let descriptor: Int32
    private let ownGroup: pid_t
    private let isLent = Mutex(false)

    /// The terminal of our session, or `nil` where there is none.
    ///
    /// SIGTTOU is ignored from now on.
    init?() {
        descriptor = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        ownGroup = getpgrp()
        guard descriptor >= 0 else { return nil }
        // Taking the terminal back is allowed to those only who ignore this.
        _ = signal(SIGTTOU, SIG_IGN)
    }

    deinit { close(descriptor) }

    /// Lends the terminal, or gives `false` where it is not ours now.
    func lend(to child: ChildProcess) -> Bool {
        let owner = tcgetpgrp(descriptor)
        guard owner == child.pid || (owner == ownGroup && tcsetpgrp(descriptor, child.pid) == 0) else { return false }
        isLent.withLock { $0 = true }
        return true
    }

    /// Lends it again after a pause, if it had been lent before.
    func lendAgain(to child: ChildProcess) {
        if isLent.withLock({ $0 }) { _ = lend(to: child) }
    }

    /// Takes the terminal back from a command that is gone.
    func takeBack(from child: ChildProcess) {
        if tcgetpgrp(descriptor) == child.pid { _ = tcsetpgrp(descriptor, ownGroup) }
    }
}
