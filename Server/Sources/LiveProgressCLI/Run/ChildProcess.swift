// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A started command.
protocol RunningCommand: Sendable {
    /// Waits until the command stops or ends; blocks the thread.
    func wait() -> ChildChange

    /// Sends a signal to all running processes of the command's group.
    func signalGroup(_ signal: Int32)

    /// Continues the stopped command.
    func resume(inForeground: Bool)

    /// Whether the command has not been continued since ``wait()`` returned its last stop.
    var isStopped: Bool { get }

    /// Releases what belongs to a command that has ended.
    func finish()
}

/// A started command in its own process group.
///
/// With its own group, a signal reaches the command and the command's children, and no other process. The command
/// inherits standard input and every descriptor that this process inherited (build tools pass more than three). Ignored
/// signals stay ignored. This type calls `posix_spawn` itself, because libraries close descriptors and reset signals.
struct ChildProcess: RunningCommand {
    /// The process identifier, which is also the identifier of the group.
    let pid: pid_t

    /// Starts a command.
    ///
    /// - Parameters:
    ///   - arguments: The command and its arguments.
    ///   - environment: The command's environment; its `PATH` determines where to look for the command.
    ///   - descriptors: The command's standard descriptors.
    ///   - defaultSignals: The signals that this process ignores and the command must not ignore.
    /// - Returns: The running command.
    /// - Throws: ``SystemError`` if the command cannot be started.
    static func start(
        _ arguments: CommandArguments,
        environment: ProcessEnvironment,
        descriptors: StandardDescriptors,
        defaultSignals: [Int32] = []
    ) throws(SystemError) -> ChildProcess {
        let file = try CommandLookup.find(arguments.words[0], path: environment["PATH"])
        var setup = try SpawnSetup(descriptors, leadsGroup: true, defaultSignals: defaultSignals)
        defer { setup.destroy() }
        do {
            let pid = try setup.spawn(file, arguments: arguments.words, environment: environment.entries)
            return ChildProcess(pid: pid)
        } catch  where error.errno == ENOEXEC {
            // Run a script without an interpreter line by `sh`, as execvp(3) does.
            let words = [Array("sh".utf8), file] + arguments.words.dropFirst()
            let shell = Array("/bin/sh".utf8)
            return ChildProcess(pid: try setup.spawn(shell, arguments: words, environment: environment.entries))
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

    /// Sends a signal to all running processes of the command's group.
    func signalGroup(_ signal: Int32) {
        _ = kill(-pid, signal)
    }

    func resume(inForeground: Bool) { signalGroup(SIGCONT) }

    var isStopped: Bool {
        var change = siginfo_t()
        return waitid(P_PID, id_t(pid), &change, WCONTINUED | WNOHANG | WNOWAIT) == 0 && change.si_signo == 0
    }

    func finish() {}
}

/// A change of state of a child process.
enum ChildChange: Sendable, Hashable {
    /// A signal has stopped the process; SIGCONT can continue the process.
    case stopped(signal: Int32)
    /// The process has ended.
    case ended(CommandEnd)

    /// Decodes the status of `waitpid`.
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
