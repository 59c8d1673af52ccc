// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The state machine of a running command: events in, actions out.
struct RunMachine: Sendable {
    enum Event: Sendable, Hashable {
        /// This process received a signal.
        case signal(Int32)
        /// A signal has stopped the command.
        case childStopped(signal: Int32)
        case childEnded(CommandEnd)
        /// All output has been copied.
        case outputEnded
        /// A watcher requested cancellation.
        case cancelRequested
        /// The end has been published, or the time for it is over.
        case endReported
        case timerFired(Timer)
    }

    enum Action: Sendable, Hashable {
        /// Send a signal to the command's group.
        case signalGroup(Int32)
        /// Lend the terminal to the command and continue the command; without a terminal, stop this process too.
        case lendTerminal
        /// Continue the command after a pause, and lend the terminal again if it was lent before.
        case resume
        /// Stop this process until SIGCONT.
        case stopSelf
        case start(Timer)
        /// Stop copying output.
        case stopCopying
        /// Publish the end; then ``Event/endReported`` follows.
        case reportEnd(CommandEnd, isCancelled: Bool)
        /// Return the end; the last action.
        case exit(CommandEnd)
    }

    enum Timer: Sendable, Hashable {
        /// The time for the command to stop after a request; then the command is killed.
        case patience
        /// The time to wait for output after the command's end, while a child of the command has the output open.
        case linger
        /// The time to stay for late watchers after the end.
        case keep
    }

    private enum Stage: Sendable {
        case running
        /// The command has ended; its output and the server may need more time.
        case ending(CommandEnd)
        case keeping(CommandEnd)
        case over
    }

    /// How far the end is published.
    private enum Publication: Sendable {
        case none
        case begun
        case over
    }

    /// Whether to stay for late watchers.
    private let keeps: Bool
    /// Whether the output is the command's own terminal, which a process left behind may keep open for long.
    private let hasTerminal: Bool
    private var stage = Stage.running
    private var isCancelled = false
    /// Whether the command has stopped, and was not continued since.
    private var isStopped = false
    private var isOutputEnded = false
    private var publication = Publication.none

    init(keeps: Bool = false, hasTerminal: Bool = false) {
        self.keeps = keeps
        self.hasTerminal = hasTerminal
    }

    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .signal(let signal): signalled(signal)
        case .childStopped(let signal): childStopped(by: signal)
        case .childEnded(let end): childEnded(end)
        case .outputEnded: outputEnded()
        case .cancelRequested: cancelRequested()
        case .endReported: endReported()
        case .timerFired(let timer): fired(timer)
        }
    }

    private mutating func signalled(_ signal: Int32) -> [Action] {
        switch stage {
        case .running: passOn(signal)
        case .ending(let end) where isOutputEnded:
            // Only the server is waited for.
            ForwardedSignal.ending.contains(signal) ? exit(end) : []
        case .ending:
            // The command has ended; the signal asks to end its remaining children and this process.
            ForwardedSignal.ending.contains(signal) ? [.signalGroup(signal), .stopCopying] : [.signalGroup(signal)]
        case .keeping(let end):
            ForwardedSignal.ending.contains(signal) ? exit(end) : []
        case .over: []
        }
    }

    private mutating func passOn(_ signal: Int32) -> [Action] {
        if signal == SIGCONT {
            isStopped = false
            return [.resume]
        }
        // A command that is stopped already does not stop again.
        return [.signalGroup(signal)] + (signal == SIGTSTP && isStopped ? [.stopSelf] : [])
    }

    private mutating func childStopped(by signal: Int32) -> [Action] {
        guard case .running = stage else { return [] }
        isStopped = true
        switch signal {
        case SIGTTIN, SIGTTOU: return [.lendTerminal]
        // Ctrl-Z stopped the command: stop this process too, so that the shell regains control.
        case SIGTSTP: return [.stopSelf]
        // Another process stopped the command deliberately: keep publishing.
        default: return []
        }
    }

    private mutating func childEnded(_ end: CommandEnd) -> [Action] {
        guard case .running = stage else { return [] }
        stage = .ending(end)
        return isOutputEnded ? publish(end) : [.start(.linger)]
    }

    private mutating func outputEnded() -> [Action] {
        isOutputEnded = true
        guard case .ending(let end) = stage else { return [] }
        return publication == .over ? finish(end) : publish(end)
    }

    private mutating func endReported() -> [Action] {
        publication = .over
        guard case .ending(let end) = stage, isOutputEnded else { return [] }
        return finish(end)
    }

    private mutating func publish(_ end: CommandEnd) -> [Action] {
        guard publication == .none else { return [] }
        publication = .begun
        return [.reportEnd(end, isCancelled: isCancelled)]
    }

    private mutating func finish(_ end: CommandEnd) -> [Action] {
        guard keeps else { return exit(end) }
        stage = .keeping(end)
        return [.start(.keep)]
    }

    private mutating func exit(_ end: CommandEnd) -> [Action] {
        stage = .over
        return [.exit(end)]
    }

    private mutating func cancelRequested() -> [Action] {
        guard case .running = stage, !isCancelled else { return [] }
        isCancelled = true
        // SIGCONT lets a stopped process receive SIGTERM.
        return [.signalGroup(SIGTERM), .signalGroup(SIGCONT), .start(.patience)]
    }

    private mutating func fired(_ timer: Timer) -> [Action] {
        switch (timer, stage) {
        case (.patience, .running):
            return [.signalGroup(SIGKILL)]
        case (.patience, .ending) where !isOutputEnded:
            return [.signalGroup(SIGKILL), .stopCopying]
        case (.keep, .keeping(let end)):
            return exit(end)
        case (.linger, .ending(let end)) where publication == .none:
            return publish(end) + (hasTerminal ? [.stopCopying] : [])
        default:
            return []
        }
    }
}
