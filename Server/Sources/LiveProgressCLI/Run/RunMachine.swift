// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Decides what happens while a command runs: events in, actions out.
struct RunMachine: Sendable {
    enum Event: Sendable, Hashable {
        /// We got a signal.
        case signal(Int32)
        /// A signal has stopped the command.
        case childStopped(signal: Int32)
        case childEnded(CommandEnd)
        /// All output has been copied.
        case outputEnded
        /// A watcher asks to stop.
        case cancelRequested
        case timerFired(Timer)
    }

    enum Action: Sendable, Hashable {
        /// Send a signal to the command's group.
        case signalGroup(Int32)
        /// Lend the terminal to the command and continue it; where we have none to lend, stop as it did.
        case lendTerminal
        /// The command may go on after a pause: lend the terminal again, if it had been lent, and continue it.
        case resume
        /// Stop ourselves, until someone continues us.
        case stopSelf
        case start(Timer)
        /// Stop copying output.
        case stopCopying
        /// Tell the end.
        case reportEnd(CommandEnd, isCancelled: Bool)
        /// Leave: nothing follows.
        case leave(CommandEnd)
    }

    enum Timer: Sendable, Hashable {
        /// The command was asked to stop and has not: it is made to.
        case patience
        /// The command is gone, and something that it started still holds its output.
        case linger
        /// All is over, and late watchers may still come.
        case keep
    }

    private enum Stage: Sendable {
        case running
        case copying(CommandEnd, isReported: Bool)
        case keeping(CommandEnd)
        case over
    }

    /// Whether to stay for late watchers.
    private let keeps: Bool
    private var stage = Stage.running
    private var isCancelled = false
    private var isOutputEnded = false

    init(keeps: Bool = false) {
        self.keeps = keeps
    }

    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .signal(let signal): signalled(signal)
        case .childStopped(let signal): childStopped(by: signal)
        case .childEnded(let end): childEnded(end)
        case .outputEnded: outputEnded()
        case .cancelRequested: cancelRequested()
        case .timerFired(let timer): fired(timer)
        }
    }

    private mutating func signalled(_ signal: Int32) -> [Action] {
        switch stage {
        case .running:
            signal == SIGCONT ? [.resume] : [.signalGroup(signal)]
        case .copying:
            // Only what the command left behind is still there, and someone wants to go.
            ForwardedSignal.ending.contains(signal) ? [.signalGroup(signal), .stopCopying] : [.signalGroup(signal)]
        case .keeping(let end):
            ForwardedSignal.ending.contains(signal) ? leave(end) : []
        case .over: []
        }
    }

    private func childStopped(by signal: Int32) -> [Action] {
        guard case .running = stage else { return [] }
        switch signal {
        case SIGTTIN, SIGTTOU: return [.lendTerminal]
        // The key that stops programs stops what the user sees as one: the shell takes over.
        case SIGTSTP: return [.stopSelf]
        // Someone stopped the command by intention; watchers go on seeing that it stands.
        default: return []
        }
    }

    private mutating func childEnded(_ end: CommandEnd) -> [Action] {
        guard case .running = stage else { return [] }
        if isOutputEnded { return [.reportEnd(end, isCancelled: isCancelled)] + finish(end) }
        stage = .copying(end, isReported: false)
        return [.start(.linger)]
    }

    private mutating func outputEnded() -> [Action] {
        isOutputEnded = true
        guard case .copying(let end, let isReported) = stage else { return [] }
        return (isReported ? [] : [.reportEnd(end, isCancelled: isCancelled)]) + finish(end)
    }

    private mutating func finish(_ end: CommandEnd) -> [Action] {
        guard keeps else { return leave(end) }
        stage = .keeping(end)
        return [.start(.keep)]
    }

    private mutating func leave(_ end: CommandEnd) -> [Action] {
        stage = .over
        return [.leave(end)]
    }

    private mutating func cancelRequested() -> [Action] {
        guard case .running = stage, !isCancelled else { return [] }
        isCancelled = true
        // A stopped process gets no signal but this one.
        return [.signalGroup(SIGTERM), .signalGroup(SIGCONT), .start(.patience)]
    }

    private mutating func fired(_ timer: Timer) -> [Action] {
        switch (timer, stage) {
        case (.patience, .running):
            return [.signalGroup(SIGKILL)]
        case (.patience, .copying):
            return [.signalGroup(SIGKILL), .stopCopying]
        case (.keep, .keeping(let end)):
            return leave(end)
        case (.linger, .copying(let end, isReported: false)):
            stage = .copying(end, isReported: true)
            return [.reportEnd(end, isCancelled: isCancelled)]
        default:
            return []
        }
    }
}
