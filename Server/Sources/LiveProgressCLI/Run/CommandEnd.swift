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

/// How a command ended.
enum CommandEnd: Sendable, Hashable {
    /// It ran, and left with this code.
    case exited(Int32)
    /// A signal ended it.
    case killed(signal: Int32)
    /// It could not be started, for this reason of the system's (`errno`).
    case notStarted(errno: Int32)

    /// The exit code that a shell gives for such an end, which is the one we leave with.
    var exitCode: Int32 {
        switch self {
        case .exited(let code): code
        case .killed(let signal): 128 + signal
        case .notStarted(let errno): errno == ENOENT || errno == ENOTDIR ? 127 : 126
        }
    }

    /// What a shell says of a command that could not be started.
    static func reason(errno: Int32) -> String {
        switch errno {
        case ENOENT, ENOTDIR: "command not found"
        default: String(cString: strerror(errno))
        }
    }
}

extension CommandEnd {
    /// How the operation ended.
    ///
    /// - Parameters:
    ///   - name: The command's name.
    ///   - duration: How long it ran.
    ///   - isCancelled: Whether it was ended because a watcher asked to.
    ///   - lastLines: What it said last on its standard error.
    /// - Returns: A success with the exit code and the seconds it took, a cancel, or a failure with a problem.
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
            detail = "\(name) left with exit code \(code)."
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
