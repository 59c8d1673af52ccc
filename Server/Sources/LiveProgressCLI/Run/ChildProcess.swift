// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A command that was started, in a process group of its own.
///
/// A group of its own lets one signal reach all that the command started, and nothing else. Standard input and every
/// descriptor that we ourselves inherited stay as they are (build tools pass more than three), signals that were
/// ignored stay ignored. This is why it is done by hand: libraries close and reset both.
struct ChildProcess: Sendable {
    /// The process, which is also the leader of its group.
    let pid: pid_t

    /// Starts a command.
    ///
    /// - Parameters:
    ///   - arguments: The command and its arguments.
    ///   - environment: Its environment, whose `PATH` says where the command is looked for.
    ///   - output: What becomes its standard output.
    ///   - error: What becomes its standard error.
    ///   - defaultSignals: Signals that we ignore and it does not.
    /// - Returns: The running command.
    /// - Throws: ``SystemError`` where it cannot be started.
    static func start(
        _ arguments: CommandArguments,
        environment: ProcessEnvironment,
        output: Int32,
        error: Int32,
        defaultSignals: [Int32] = []
    ) throws(SystemError) -> ChildProcess {
        let file = try CommandLookup.find(arguments.words[0], path: environment["PATH"])
        var setup = try SpawnSetup(output: output, error: error, defaultSignals: defaultSignals)
        defer { setup.destroy() }
        do {
            return try setup.spawn(file, arguments: arguments.words, environment: environment.entries)
        } catch  where error.errno == ENOEXEC {
            // A script that does not name its interpreter, as execvp treats it.
            let words = [Array("sh".utf8), file] + arguments.words.dropFirst()
            return try setup.spawn(Array("/bin/sh".utf8), arguments: words, environment: environment.entries)
        }
    }

    /// Waits until the command stops or ends; blocks the thread.
    func wait() -> ChildChange {
        while true {
            var status: Int32 = 0
            guard waitpid(pid, &status, WUNTRACED) == pid else {
                if errno == EINTR { continue }
                return .ended(.notStarted(errno: errno))
            }
            return ChildChange(status: status)
        }
    }

    /// Sends a signal to all that the command started and that are still there.
    func signalGroup(_ signal: Int32) {
        _ = kill(-pid, signal)
    }
}

/// What became of a child.
enum ChildChange: Sendable, Hashable {
    /// A signal has stopped it; it can be continued.
    case stopped(signal: Int32)
    /// It is gone.
    case ended(CommandEnd)

    /// Reads the status of `waitpid`.
    init(status: Int32) {
        if status & 0x7F == 0 {
            self = .ended(.exited((status >> 8) & 0xFF))
        } else if status & 0xFF == 0x7F {
            self = .stopped(signal: (status >> 8) & 0xFF)
        } else {
            self = .ended(.killed(signal: status & 0x7F))
        }
    }
}
