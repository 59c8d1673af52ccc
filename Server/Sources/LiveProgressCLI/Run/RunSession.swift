// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressClient

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Runs one command: starts the command, copies its output, publishes its progress and forwards signals.
///
/// ``RunMachine`` decides on the actions, and ``RunDriver`` performs the actions.
struct RunSession: Sendable {
    struct Configuration: Sendable {
        /// The time for a command to stop after a request to cancel; then the command is killed.
        var patience = Duration.seconds(10)
        /// The time to wait for output after the command's end, before the end is published.
        var linger = Duration.seconds(1)
        /// Returns the longest time to deliver the end to a server.
        var deliveryTime: @Sendable () -> Duration = { .seconds(5) }
        /// The time to stay for late watchers after the end.
        var keep = Duration.zero
        /// The frequency and the size of reports.
        var reporting = RunReporter.Configuration()
        /// The user's own profiles of the output.
        var patterns: [ParseProfile] = []
        /// The descriptors that the output is copied to.
        var outputTarget = STDOUT_FILENO
        var errorTarget = STDERR_FILENO
        /// The signals that this process ignores and the command must not ignore.
        var defaultSignals: [Int32] = []
        /// The descriptors that the command inherits.
        var descriptors = InheritedDescriptors()
    }

    let arguments: CommandArguments
    let environment: ProcessEnvironment
    let tracker: ProgressTracker
    /// Begins an operation for a part of the command, or returns `nil` if it cannot.
    var begin: @Sendable (ProgressOptions) -> ProgressTracker? = { _ in nil }
    let configuration: Configuration
    /// The terminal to lend, if there is one.
    let terminal: TerminalControl?
    /// The command's own terminal; `nil` if no output is a terminal.
    var relay: TerminalRelay?
    /// Starts to call a closure for each signal that this process receives.
    let deliverSignals: @Sendable (@escaping @Sendable (Int32) -> Void) -> Void
    /// Writes a warning to the user.
    let warn: @Sendable (String) -> Void

    /// Runs the command, and returns when everything has ended.
    func run() async -> CommandEnd {
        let start = ContinuousClock.now
        let layout: OutputLayout
        let child: any RunningCommand
        do throws(SystemError) {
            layout = try OutputLayout(
                outputTarget: configuration.outputTarget,
                errorTarget: configuration.errorTarget,
                terminal: relay
            )
        } catch {
            return await failed(error)
        }
        configuration.descriptors.keepOthersBack()
        // Before the command can write.
        _ = relay?.enter()
        do throws(SystemError) {
            child = try startCommand(layout)
        } catch {
            layout.closeCommandEnds()
            for pump in layout.pumps { close(pump.source) }
            layout.closeRest()
            relay?.end()
            return await failed(error)
        }
        layout.closeCommandEnds()
        // Publish that the command runs, because the command may be silent for hours.
        tracker.report(ProgressReport(state: RunReporter.initialStep))
        let feed = RunFeed(outputCount: layout.pumps.count, now: { ContinuousClock.now - start })
        return await RunDriver(session: self, child: child, layout: layout, feed: feed, start: start).run()
    }

    private func startCommand(_ layout: OutputLayout) throws(SystemError) -> any RunningCommand {
        guard let relay else {
            return try ChildProcess.start(
                arguments,
                environment: environment,
                descriptors: layout.descriptors,
                defaultSignals: configuration.defaultSignals
            )
        }
        return try MonitoredCommand.start(
            arguments,
            environment: environment,
            descriptors: layout.descriptors,
            terminal: relay.pseudo.follower,
            isForeground: relay.startsInForeground,
            defaultSignals: configuration.defaultSignals
        )
    }

    private func failed(_ error: SystemError) async -> CommandEnd {
        let end = CommandEnd.notStarted(errno: error.errno)
        warn("\(arguments.file): \(CommandEnd.reason(errno: error.errno))")
        let outcome = end.outcome(name: arguments.name, duration: .zero, isCancelled: false, lastLines: [])
        _ = await publish(outcome, after: ProgressReport(state: "Not started"))
        if configuration.keep > .zero { try? await Task.sleep(for: configuration.keep) }
        return end
    }

    /// Publishes the end of the operation.
    ///
    /// - Parameters:
    ///   - outcome: The outcome of the operation.
    ///   - report: The last report before the end, if any.
    /// - Returns: Whether the end has arrived.
    func publish(_ outcome: ProgressOutcome, after report: ProgressReport?) async -> Bool {
        if let report { tracker.report(report) }
        tracker.end(outcome)
        do {
            return try await tracker.delivered(within: configuration.deliveryTime())
        } catch {
            // The command may have reported the end itself.
            return (error as? ProgressClientError)?.code == .ended
        }
    }
}
