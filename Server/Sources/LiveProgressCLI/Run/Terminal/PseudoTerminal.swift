// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import CMonitor

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A pseudo-terminal: the command has its follower as terminal, and `run` reads and writes its leader.
struct PseudoTerminal: Sendable {
    let leader: Int32
    let follower: Int32

    /// Opens a pseudo-terminal with the settings and the size of the user's terminal.
    ///
    /// - Parameters:
    ///   - terminal: The user's terminal.
    ///   - isRaw: Whether the output passes the user's terminal unchanged, see ``processOutput(_:)``.
    /// - Throws: ``SystemError`` if the system has none left.
    init(like terminal: Int32, isRaw: Bool) throws(SystemError) {
        var opened: Int32 = -1
        var other: Int32 = -1
        let error = open_pseudo_terminal(&opened, &other)
        guard error == 0 else { throw SystemError(errno: error) }
        // Descriptors from 3 on, even if standard descriptors are closed.
        leader = fcntl(opened, F_DUPFD_CLOEXEC, 3)
        follower = fcntl(other, F_DUPFD_CLOEXEC, 3)
        let failure = errno
        close(opened)
        close(other)
        guard leader >= 0, follower >= 0 else {
            for descriptor in [leader, follower] where descriptor >= 0 { close(descriptor) }
            throw SystemError(errno: failure)
        }
        var settings = termios()
        if tcgetattr(terminal, &settings) == 0 {
            tcsetattr(follower, TCSANOW, &settings)
        }
        if !isRaw { processOutput(false) }
        resize(like: terminal)
    }

    /// Sets whether this terminal processes the command's output, such as a line feed into two characters.
    ///
    /// While the user's terminal is not raw, that terminal processes the output, so this one must not.
    func processOutput(_ isOn: Bool) {
        var settings = termios()
        guard tcgetattr(leader, &settings) == 0 else { return }
        if isOn { settings.c_oflag |= tcflag_t(OPOST) } else { settings.c_oflag &= ~tcflag_t(OPOST) }
        tcsetattr(leader, TCSANOW, &settings)
    }

    /// Sets the size of the user's terminal; the system sends SIGWINCH to the command if it has changed.
    func resize(like terminal: Int32) {
        var size = winsize()
        if ioctl(terminal, UInt(TIOCGWINSZ), &size) == 0 { _ = ioctl(leader, UInt(TIOCSWINSZ), &size) }
    }
}
