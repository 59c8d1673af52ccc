// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgress

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The end of a command.
enum CommandEnd: Sendable, Hashable {
    /// The command exited with this code.
    case exited(Int32)
    /// A signal ended the command.
    case killed(signal: Int32)
    /// The command could not be started, because of this `errno`.
    case notStarted(errno: Int32)

    /// The exit code that a shell returns for such an end; `run` exits with this code.
    var exitCode: Int32 {
        switch self {
        case .exited(let code): code
        case .killed(let signal): 128 + signal
        case .notStarted(let errno): errno == ENOENT || errno == ENOTDIR ? 127 : 126
        }
    }

    /// Returns a shell's message for a command that could not be started.
    static func reason(errno: Int32) -> String {
        switch errno {
        case ENOENT, ENOTDIR: "command not found"
        default: String(cString: strerror(errno))
        }
    }
}

extension CommandEnd {
    /// Returns the outcome of the operation.
    ///
    /// - Parameters:
    ///   - name: The command's name.
    ///   - duration: The command's running time.
    ///   - isCancelled: Whether the command was stopped at the request of a watcher.
    ///   - lastLines: The last lines of the command's standard error.
    /// - Returns: A success with the exit code and the running time in seconds, a cancellation, or a failure.
    func outcome(name: String, duration: Duration, isCancelled: Bool, lastLines: [String]) -> ProgressOutcome {
        if isCancelled, !isNotStarted { return .cancelled }
        if case .exited(0) = self {
            let (seconds, attoseconds) = duration.components
            let milliseconds = Double(seconds) * 1000 + Double(attoseconds / 1_000_000_000_000_000)
            return .succeeded(result: ["exitCode": 0, "seconds": .number(milliseconds / 1000)])
        }
        return .failed(problem(name: name, lastLines: lastLines))
    }

    private var isNotStarted: Bool {
        if case .notStarted = self { true } else { false }
    }

    private func problem(name: String, lastLines: [String]) -> ProgressProblem {
        var members: JSONObject = [:]
        let detail: String
        switch self {
        case .exited(let code):
            detail = "\(name) exited with code \(code)."
            members["exitCode"] = .integer(Int64(code))
        case .killed(let signal):
            detail =
                "\(name) was ended by signal \(signal)\(ForwardedSignal.name(of: signal).map { " (\($0))" } ?? "")."
            members["exitCode"] = .integer(Int64(exitCode))
            members["signal"] = .integer(Int64(signal))
        case .notStarted(let errno):
            detail = "\(name) could not be started: \(Self.reason(errno: errno))."
            members["exitCode"] = .integer(Int64(exitCode))
        }
        if !lastLines.isEmpty { members["lastLines"] = .array(lastLines.map { .string($0) }) }
        return .commandFailed(detail, members)
    }
}
