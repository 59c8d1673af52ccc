// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressClient

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Asks one question, and returns the exit status for its answer.
struct AskSession: Sendable {
    /// The operation to which the question belongs.
    enum Place: Sendable {
        /// An operation that another process began and ends.
        case existing(ProgressTarget, ProgressClient.Configuration)
        /// A new operation on the server, which ends with the answer.
        case new(ProgressClient, labels: [String: String])
    }

    let question: ProgressQuestion
    let place: Place

    /// Asks, writes the answer to standard output, and returns the exit status.
    ///
    /// A signal withdraws the question before this process exits.
    func run() async -> Int32 {
        // Before the question is asked, so that no signal ends this process and leaves the question open.
        let signals = try? SignalRelay.install([SIGINT, SIGTERM, SIGHUP])
        let asking = Task { try await ask() }
        if let signals {
            SignalRelay.deliver(from: signals) { _ in asking.cancel() }
        }
        do {
            let answer = try await asking.value
            guard Console.write("\(answer)\n") else { return 128 + SIGPIPE }
            return Int32(question.choices.firstIndex { $0.utf8.elementsEqual(answer.utf8) } ?? 0)
        } catch let error as ProgressClientError {
            Console.complain(error.toolMessage)
            return Self.status(of: error)
        } catch let error as ProgressError {
            Console.complain(error.message)
            return error.code == .unanswered ? ExitStatus.timedOut : ExitStatus.internalFailure
        } catch {
            Console.complain(
                "The question is withdrawn: this process was interrupted, or the operation is asked to stop."
            )
            return ExitStatus.interrupted
        }
    }

    private func ask() async throws -> String {
        switch place {
        case .existing(let target, let configuration):
            let client = ProgressClient(server: target.server, configuration: configuration)
            var brief = configuration
            brief.requestTimeout = min(brief.requestTimeout, Self.firstPatience)
            try await requireOpen(target.id, ProgressClient(server: target.server, configuration: brief))
            return try await client.guest(of: target.id) { try await ask($0) }
        case .new(let client, let labels): return try await askAnew(client, labels)
        }
    }

    /// Creates an operation for the question, which ends with the answer.
    private func askAnew(_ client: ProgressClient, _ labels: [String: String]) async throws -> String {
        // A server that cannot be reached is an error here, because nobody could answer.
        let options = ProgressOptions(title: question.message, labels: labels, isCancellable: true)
        let tracker = try await client.createProgress(options: options)
        if let link = tracker.link { Console.complain(link.watching) }
        let result: Result<String, any Error>
        do {
            result = .success(try await tracker.run(ask))
        } catch {
            result = .failure(error)
        }
        await tracker.settle(.seconds(5))
        return try result.get()
    }

    /// Checks that the operation exists and has not ended, so that a wrong identifier is an error at once.
    private func requireOpen(_ id: ProgressID, _ client: ProgressClient) async throws(ProgressClientError) {
        do throws(ProgressClientError) {
            guard try await client.get(id).outcome == nil else {
                throw ProgressClientError(.ended, "The operation has ended, so nobody can answer.")
            }
        } catch  where error.code == .forbidden {
            // The token of a worker may report, but need not watch.
        }
    }

    private func ask(_ tracker: ProgressTracker) async throws -> String {
        let result: Result<String, any Error>
        do {
            let answer = try await tracker.ask(
                question.message,
                choices: question.choices,
                default: question.defaultAnswer,
                within: question.timeLimit,
                kind: question.kind
            )
            result = .success(answer)
        } catch let error as ProgressError where error.code == .gone || error.code == .ended {
            // The tracker refuses because the server does; the server's reason is the better message.
            try await tracker.delivered(within: .zero)
            throw error
        } catch {
            result = .failure(error)
        }
        await store(tracker)
        return try result.get()
    }

    /// Waits until the answer or the withdrawal is durable, so that a crash of the server does not open the question again when this
    /// process has gone.
    private func store(_ tracker: ProgressTracker) async {
        // The task may be cancelled.
        let storing = Task { try await tracker.committed() }
        let limit = Task {
            try await Task.sleep(for: Self.patience)
            storing.cancel()
        }
        // A server without a store refuses.
        _ = await storing.result
        limit.cancel()
    }

    /// The longest time for the server's first response.
    private static let firstPatience = Duration.seconds(5)
    /// The longest time for which the exit waits for the server's store.
    private static let patience = Duration.seconds(2)

    /// Returns the status for a failed call; statuses below 64 stand for choices.
    static func status(of error: ProgressClientError) -> Int32 {
        switch ExitStatus.of(error) {
        case ExitStatus.unknown: ExitStatus.noInput
        case ExitStatus.failed: ExitStatus.internalFailure
        case let status: status
        }
    }
}
