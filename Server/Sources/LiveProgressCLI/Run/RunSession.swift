// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Runs one command from its start to its end: starts it, copies, publishes, passes signals on.
///
/// What is done when is decided by ``RunMachine``; this drives it.
struct RunSession: Sendable {
    struct Configuration: Sendable {
        /// How long a command that was asked to stop may take, before it is made to.
        var patience = Duration.seconds(10)
        /// How long to wait for output after the command's end, before the end is told.
        var linger = Duration.seconds(1)
        /// How long to stay after the end for late watchers.
        var keep = Duration.zero
        /// How often, and how much, is reported.
        var reporting = RunReporter.Configuration()
        /// Where output goes.
        var outputTarget = STDOUT_FILENO
        var errorTarget = STDERR_FILENO
        /// Signals that we ignore and the command does not.
        var defaultSignals: [Int32] = []
        /// The descriptors that go on to the command.
        var descriptors = InheritedDescriptors()
    }

    let arguments: CommandArguments
    let environment: ProcessEnvironment
    let publisher: any RunPublisher
    let configuration: Configuration
    /// The terminal to lend, if there is one.
    let terminal: TerminalControl?
    /// Calls for each signal we get, from now on.
    let deliverSignals: @Sendable (@escaping @Sendable (Int32) -> Void) -> Void
    /// Says something to the one who started us.
    let warn: @Sendable (String) -> Void

    /// Runs the command, and returns when all is over.
    func run() async -> CommandEnd {
        let start = ContinuousClock.now
        let layout: OutputLayout
        let child: ChildProcess
        do {
            layout = try OutputLayout(
                outputTarget: configuration.outputTarget,
                errorTarget: configuration.errorTarget
            )
        } catch {
            return await failed(error)
        }
        configuration.descriptors.keepOthersBack()
        do {
            child = try ChildProcess.start(
                arguments,
                environment: environment,
                output: layout.output,
                error: layout.error,
                defaultSignals: configuration.defaultSignals
            )
        } catch {
            layout.closeCommandEnds()
            for pump in layout.pumps { close(pump.source) }
            layout.closeRest()
            return await failed(error)
        }
        layout.closeCommandEnds()
        // A command may be silent for hours; it is seen to run all the same.
        await publisher.publish(ProgressReport(state: RunReporter.initialStep))
        let feed = RunFeed(outputCount: layout.pumps.count, configuration: configuration.reporting) {
            ContinuousClock.now - start
        }
        return await RunDriver(session: self, child: child, layout: layout, feed: feed, start: start).run()
    }

    private func failed(_ error: SystemError) async -> CommandEnd {
        let end = CommandEnd.notStarted(errno: error.errno)
        warn("\(arguments.name): \(CommandEnd.reason(errno: error.errno))")
        let outcome = end.outcome(name: arguments.name, duration: .zero, isCancelled: false, lastLines: [])
        _ = await publisher.end(outcome, after: ProgressReport(state: "Not started"))
        if configuration.keep > .zero { try? await Task.sleep(for: configuration.keep) }
        return end
    }
}
