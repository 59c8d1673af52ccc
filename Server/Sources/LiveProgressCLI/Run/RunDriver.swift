// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.
import Dispatch
import LiveProgress

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Runs the event loop of a running command: passes events to ``RunMachine`` and performs its actions.
struct RunDriver: Sendable {
    let session: RunSession
    let child: any RunningCommand
    let layout: OutputLayout
    let feed: RunFeed
    let start: ContinuousClock.Instant

    private typealias Events = AsyncStream<RunMachine.Event>.Continuation

    func run() async -> CommandEnd {
        let (events, continuation) = AsyncStream.makeStream(of: RunMachine.Event.self)
        startThreads(continuation)
        let publishing = Task { await publish() }
        let cancelling = Task {
            guard (try? await session.tracker.cancellationRequested()) != nil else { return }
            continuation.yield(.cancelRequested)
        }
        defer {
            cancelling.cancel()
            continuation.finish()
            // The pumps have ended, because `.exit` follows only after that.
            layout.closeRest()
            child.finish()
            session.relay?.end()
        }
        var machine = RunMachine(keeps: session.configuration.keep > .zero, hasTerminal: session.relay != nil)
        var duration = Duration.zero
        var continueCount = 0
        var isReporting = false
        for await event in events {
            // The outputs can stay open longer.
            if case .childEnded = event { duration = ContinuousClock.now - start }
            if case .signal(SIGCONT) = event { continueCount += 1 }
            if case .endReported = event { isReporting = false }
            for action in machine.handle(event) {
                if case .reportEnd(let end, let isCancelled) = action {
                    isReporting = true
                    giveTerminalBack()
                    feed.finish()
                    // Cancelled, so that it does not wait until its next report is due.
                    publishing.cancel()
                    // Not awaited here, so that a signal can end the wait for the server.
                    Task { [duration] in
                        let (reading, parts) = await publishing.value
                        await reportEnd(end, after: duration, isCancelled: isCancelled, reading, parts)
                        continuation.yield(.endReported)
                    }
                }
                if case .exit(let end) = action {
                    if isReporting { session.warn("the wait for the server was ended: the end may not be published") }
                    return end
                }
                perform(action, continuation, continueCount)
            }
        }
        // Not reached: the stream ends only when this function returns.
        return .exited(0)
    }

    /// Starts the blocking threads: one for the child, one for each output, and one for signals.
    private func startThreads(_ events: Events) {
        let pumps = DispatchGroup()
        for (output, pump) in layout.pumps.enumerated() {
            DispatchQueue(label: "live-progress.output").async(group: pumps) { [feed] in
                pump.run { feed.take($0, from: output) }
            }
        }
        pumps.notify(queue: DispatchQueue(label: "live-progress.outputs")) { events.yield(.outputEnded) }
        DispatchQueue(label: "live-progress.child").async { [child] in
            while true {
                switch child.wait() {
                case .stopped(let signal): events.yield(.childStopped(signal: signal))
                case .ended(let end):
                    events.yield(.childEnded(end))
                    return
                }
            }
        }
        session.deliverSignals { events.yield(.signal($0)) }
    }

    private func perform(_ action: RunMachine.Action, _ events: Events, _ continueCount: Int) {
        switch action {
        case .signalGroup(SIGWINCH) where session.relay != nil: session.relay?.resize()
        case .signalGroup(let signal): child.signalGroup(signal)
        case .lendTerminal: if !lendTerminal() { stopSelf(continueCount) }
        case .resume: resume()
        case .stopSelf: stopSelf(continueCount)
        case .start(let timer): startTimer(timer, events)
        case .stopCopying: layout.stop()
        case .reportEnd, .exit: break
        }
    }

    /// Lends the terminal to the stopped command; returns whether it could.
    private func lendTerminal() -> Bool {
        if let relay = session.relay {
            guard relay.lend() else { return false }
        } else {
            guard let process = child as? ChildProcess, session.terminal?.lend(to: process) == true else {
                return false
            }
        }
        child.resume(inForeground: true)
        return true
    }

    private func resume() {
        if let process = child as? ChildProcess { session.terminal?.lendAgain(to: process) }
        child.resume(inForeground: session.relay?.enter() ?? true)
    }

    /// Stops this process with its command, unless a SIGCONT has followed, which could not continue this process any more.
    ///
    /// - Parameter continueCount: The number of SIGCONT that have been handled.
    private func stopSelf(_ continueCount: Int) {
        guard child.isStopped else { return }
        session.relay?.leave()
        SignalRelay.stop(unlessContinuedMoreThan: continueCount)
    }

    private func giveTerminalBack() {
        session.relay?.leave()
        if let process = child as? ChildProcess { session.terminal?.takeBack(from: process) }
    }

    private func startTimer(_ timer: RunMachine.Timer, _ events: Events) {
        let duration =
            switch timer {
            case .patience: session.configuration.patience
            case .linger: session.configuration.linger
            case .keep: session.configuration.keep
            }
        Task {
            try? await Task.sleep(for: duration)
            events.yield(.timerFired(timer))
        }
    }

    /// Publishes until the end of the feed, and returns what is left to read, and the operations of the parts.
    private func publish() async -> (RunReading, PartOperations) {
        let configuration = session.configuration
        var reading = RunReading(
            of: feed,
            errorOutput: layout.pumps.count - 1,
            configuration: configuration.reporting,
            patterns: configuration.patterns
        )
        var parts = PartOperations(of: session.tracker.id, begin: session.begin)
        var question = OwnQuestion()
        for await _ in feed.changes {
            while true {
                let (report, isWaiting) = reading.takeReport()
                if let report {
                    question.report(report, on: session.tracker)
                    tellServiceManager(report)
                }
                parts.apply(reading.takeStatuses())
                guard isWaiting else { break }
                try? await Task.sleep(for: configuration.reporting.interval)
            }
        }
        return (reading, parts)
    }

    private func tellServiceManager(_ report: ProgressReport) {
        ServiceStatus.tell(step: report.state ?? "", percent: report.details?["percentComplete"]?.doubleValue)
    }

    private func reportEnd(
        _ end: CommandEnd,
        after duration: Duration,
        isCancelled: Bool,
        _ reading: RunReading,
        _ parts: PartOperations
    ) async {
        var (reading, parts) = (reading, parts)
        let outcome = end.outcome(
            name: session.arguments.name,
            duration: duration,
            isCancelled: isCancelled,
            lastLines: reading.lastLines()
        )
        let last = reading.finalReport(isSuccess: outcome.status == .succeeded)
        parts.apply(reading.takeStatuses())
        parts.end(outcome)
        guard await session.publish(outcome, after: last) else { return session.warn("the end could not be published") }
        if let missing = await parts.missing() { session.warn(missing) }
    }
}
