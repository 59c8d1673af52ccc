// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressClient
import LiveProgressWire
import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The destination of a run's progress: a remote server, a local server, or none.
struct RunStage: Sendable {
    struct Request: Sendable {
        var id: ProgressID
        var title: String
        var labels: [String: String] = [:]
        /// The base URL of the server to publish to; `nil` for a local server.
        var server: String?
        /// The trusted certificate authorities of that server.
        var security = SecurityOptions()
        /// The token for requests to the server.
        var token: String?
        /// The port of the local server; 0 selects a free port.
        var port: Int
        /// The environment of this process.
        var environment: ProcessEnvironment
    }

    /// The worker of the operation; `ProgressTracker.noop` if the run is not published.
    let tracker: ProgressTracker
    /// The link for people to watch the operation, with a token if the server requires tokens.
    let link: String?
    /// Whether the server is a local server of this run.
    let isHosted: Bool
    /// Returns the longest time to wait for the server now.
    let deliveryTime: @Sendable () -> Duration
    /// The environment for the command.
    let environment: ProcessEnvironment
    /// Begins an operation for a part of the command, or returns `nil` if it cannot.
    let begin: @Sendable (ProgressOptions) -> ProgressTracker?
    /// Stops a local server when watchers have received the end.
    let close: @Sendable () async -> Void

    /// The longest time that a server may delay the command.
    private static let patience = Duration.seconds(1)
    /// The longest time to wait at the end for a server that may have been restarted.
    private static let restartTime = Duration.seconds(5)
    /// The longest time to wait at the end for a server that has never responded.
    private static let briefTime = Duration.milliseconds(500)

    /// Creates the stage; after a failure, writes a warning and returns a stage without publishing.
    static func make(_ request: Request, messages: RunMessages) async -> RunStage {
        let options = ProgressOptions(title: request.title, labels: request.labels, isCancellable: true)
        do {
            if let server = request.server {
                let client = try client(server, request)
                let begun = try await client.beginProgress(id: request.id, options: options, within: patience)
                if !begun.isCreated {
                    let reason =
                        begun.failure?.refusal.map { "refuses, and the command runs without waiting: \($0)" }
                        ?? "does not respond: the command runs without waiting"
                    messages.say("\(client.server.url) \(reason)")
                }
                // The server may respond later.
                let time = { @Sendable in begun.isCreated ? restartTime : briefTime }
                return RunStage(request, begun.tracker, deliveryTime: time) { client.beginProgress(options: $0) }
            }
            let host = try await RunHost.start(port: request.port)
            let tracker = try host.service.createProgress(id: request.id, options: options)
            return RunStage(request, tracker, isHosted: true, close: { await host.stop(after: request.id) }) {
                try? host.service.createProgress(options: $0)
            }
        } catch {
            let isPortUsed = (error as? IOError)?.errnoCode == EADDRINUSE
            let reason =
                isPortUsed
                ? "port \(request.port) is in use; without --port, a free one is chosen"
                : (error as? ProgressClientError)?.toolMessage ?? "\(error)"
            messages.say("not published: \(reason)")
            return RunStage(request, .noop) { _ in nil }
        }
    }

    /// Returns a client whose requests do not delay the command for long.
    private static func client(_ server: String, _ request: Request) throws -> ProgressClient {
        var configuration = ProgressClient.Configuration()
        configuration.token = request.token
        configuration.connectTimeout = .seconds(2)
        configuration.requestTimeout = .seconds(5)
        let address = try ProgressServerAddress(server)
        configuration.security = try request.security.security(for: address)
        return ProgressClient(server: address, configuration: configuration)
    }

    private init(
        _ request: Request,
        _ tracker: ProgressTracker,
        isHosted: Bool = false,
        deliveryTime: @escaping @Sendable () -> Duration = { restartTime },
        close: @escaping @Sendable () async -> Void = {},
        begin: @escaping @Sendable (ProgressOptions) -> ProgressTracker?
    ) {
        let link = tracker.link
        self.tracker = tracker
        self.link = link?.watching
        self.isHosted = isHosted
        self.deliveryTime = deliveryTime
        self.close = close
        // A token for given labels needs an operation with these labels.
        self.begin = { options in
            var options = options
            options.labels = request.labels
            return begin(options)
        }
        var environment = request.environment
        environment["LIVE_PROGRESS_URL"] = (link?.url).map { Array($0.utf8) }
        environment["LIVE_PROGRESS_ID"] = link == nil ? nil : Array(request.id.rawValue.utf8)
        environment["LIVE_PROGRESS_OWNER"] = nil
        // The command gets a token for its operation alone, in place of the one that has created the operation.
        if let reportToken = link?.tokens?.report {
            environment[TokenOption.variable] = Array(reportToken.utf8)
        }
        self.environment = environment
    }
}

extension ProgressClientError {
    /// Why a server that responds does not accept a request; `nil` if there was no response.
    fileprivate var refusal: String? {
        switch code {
        case .unreachable, .timedOut, .disconnected: nil
        default: message
        }
    }
}
