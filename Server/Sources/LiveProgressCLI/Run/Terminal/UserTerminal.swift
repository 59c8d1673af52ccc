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

/// The user's terminal, whose keys go to the command's own terminal while this process is in the foreground.
///
/// In the raw mode, every key is a byte for the command: its terminal makes the echo, the signals and the end of input.
final class UserTerminal: Sendable {
    let descriptor: Int32
    /// Whether standard input is a terminal, so that its keys are for the command from the start.
    let hasKeys: Bool
    /// The settings before the raw mode; `nil` while the terminal is not raw.
    private let saved = Mutex<termios?>(nil)

    /// Opens the terminal of the session, or returns `nil` without one.
    init?() {
        descriptor = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC)
        hasKeys = isatty(STDIN_FILENO) == 1
        guard descriptor >= 0 else { return nil }
    }

    deinit { close(descriptor) }

    var isForeground: Bool { tcgetpgrp(descriptor) == getpgrp() }

    /// Makes the terminal raw, if this process may.
    ///
    /// - Parameter processesOutput: Whether the terminal still processes output, because other programs write to it.
    /// - Returns: Whether its keys can be read.
    func enter(processesOutput: Bool) -> Bool {
        guard isForeground else { return false }
        var settings = termios()
        guard tcgetattr(descriptor, &settings) == 0 else { return false }
        let before = settings
        let isRaw = saved.withLock { saved in
            defer { saved = saved ?? before }
            return saved != nil
        }
        if isRaw { return true }
        cfmakeraw(&settings)
        if processesOutput { settings.c_oflag = before.c_oflag }
        guard tcsetattr(descriptor, TCSADRAIN, &settings) == 0 else {
            saved.withLock { $0 = nil }
            return false
        }
        return true
    }

    /// Restores the settings of the terminal, if this process still has it.
    func leave() {
        guard var settings = saved.withLock({ $0.take() }), isForeground else { return }
        tcsetattr(descriptor, TCSADRAIN, &settings)
    }
}
