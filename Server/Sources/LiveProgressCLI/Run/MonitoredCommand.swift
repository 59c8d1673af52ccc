// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import CMonitor
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The entry of this program as the monitor of a command with a terminal of its own.
package enum CommandMonitor {
    static let argument = "__monitor"

    /// Runs the monitor and exits, if the process was started as one; call it first in the program.
    package static func runIfAsked() {
        guard CommandLine.argc >= 6, CommandLine.arguments[1] == argument else { return }
        exit(monitor_main(CommandLine.unsafeArgv + 2))
    }

    /// The file of this program.
    static var program: [UInt8] {
        #if os(Linux)
            Array("/proc/self/exe".utf8)
        #else
            Array(CommandLine.arguments[0].utf8)
        #endif
    }
}

/// A command in the session of a pseudo-terminal, behind a monitor process, which is the leader of the session.
final class MonitoredCommand: RunningCommand {
    private struct Continuations {
        /// The number of messages that continue the command.
        var sentCount: UInt16 = 0
        /// Their number before the last stop.
        var countAtStop: UInt16 = 0
    }

    private let control: Int32
    private let monitor: pid_t
    private let continuations = Mutex(Continuations())

    private init(control: Int32, monitor: pid_t) {
        self.control = control
        self.monitor = monitor
    }

    /// Starts a command.
    ///
    /// - Parameters:
    ///   - arguments: The command and its arguments.
    ///   - environment: The command's environment; its `PATH` determines where to look for the command.
    ///   - descriptors: The command's standard descriptors.
    ///   - terminal: The follower of the pseudo-terminal.
    ///   - isForeground: Whether the command has the terminal's foreground, so that it may read keys.
    ///   - defaultSignals: The signals that this process ignores and the command must not ignore.
    ///   - program: The file of the monitor.
    /// - Returns: The running command.
    /// - Throws: ``SystemError`` if the command cannot be started.
    static func start(
        _ arguments: CommandArguments,
        environment: ProcessEnvironment,
        descriptors: StandardDescriptors,
        terminal: Int32,
        isForeground: Bool,
        defaultSignals: [Int32],
        program: [UInt8] = CommandMonitor.program
    ) throws(SystemError) -> MonitoredCommand {
        let file = try CommandLookup.find(arguments.words[0], path: environment["PATH"])
        let (control, remote) = try DescriptorPipe.makeSocketPair()
        let shared = fcntl(terminal, F_DUPFD, 3)
        defer {
            close(remote)
            close(shared)
        }
        let words = ["live-progress", CommandMonitor.argument, "\(remote)", "\(shared)", isForeground ? "1" : "0"]
        var setup = try SpawnSetup(descriptors, leadsGroup: false, defaultSignals: defaultSignals)
        defer { setup.destroy() }
        let monitor = try setup.spawn(
            program,
            arguments: words.map { Array($0.utf8) } + [file] + arguments.words,
            environment: environment.entries
        )
        let command = MonitoredCommand(control: control, monitor: monitor)
        let first = command.next()
        if first.type == MONITOR_STARTED { return command }
        command.finish()
        throw SystemError(errno: first.type == MONITOR_FAILED ? first.value : EIO)
    }

    func wait() -> ChildChange {
        while true {
            let message = next()
            switch message.type {
            case MONITOR_STOPPED:
                continuations.withLock { $0.countAtStop = UInt16(truncatingIfNeeded: message.value >> 8) }
                return .stopped(signal: message.value & 0xFF)
            case MONITOR_ENDED: return ChildChange(status: message.value)
            // The monitor was killed, and its command with it.
            case 0: return .ended(.killed(signal: SIGKILL))
            default: continue
            }
        }
    }

    func signalGroup(_ signal: Int32) { tell(MONITOR_SIGNAL, signal) }

    func resume(inForeground: Bool) { tell(MONITOR_CONTINUE, inForeground ? 1 : 0) }

    func finish() {
        close(control)
        var status: Int32 = 0
        while waitpid(monitor, &status, 0) < 0, errno == EINTR {}
    }

    /// Returns the next message of the monitor; its type is 0 after the end.
    private func next() -> monitor_message {
        var message = monitor_message(type: 0, value: 0)
        let size = MemoryLayout<monitor_message>.size
        while true {
            let count = read(control, &message, size)
            if count == size { return message }
            guard count < 0, errno == EINTR else { return monitor_message(type: 0, value: 0) }
        }
    }

    var isStopped: Bool { continuations.withLock { $0.countAtStop == $0.sentCount } }

    private func tell(_ type: Int32, _ value: Int32) {
        if type == MONITOR_CONTINUE || value == SIGCONT { continuations.withLock { $0.sentCount &+= 1 } }
        var message = monitor_message(type: type, value: value)
        _ = write(control, &message, MemoryLayout<monitor_message>.size)
    }
}
