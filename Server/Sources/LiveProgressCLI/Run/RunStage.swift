// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressClient
import LiveProgressWire

/// Where a run is shown: a server elsewhere, one of its own, or nowhere.
struct RunStage: Sendable {
    struct Request: Sendable {
        var id: ProgressID
        var title: String
        /// The base URL of the server to publish to; `nil` for one of its own.
        var server: String?
        /// Whose word counts for who that server is.
        var security = SecurityOptions()
        /// The token that shows the server who publishes.
        var token: String?
        /// The port of its own server; 0 for a free one.
        var port: Int
        /// The environment that we were started with.
        var environment: ProcessEnvironment
    }

    let publisher: any RunPublisher
    /// Where to watch, for people: with the token to do so, where one is needed.
    let link: String?
    /// Whether the server is one of its own.
    let isHosted: Bool
    /// The environment for the command.
    let environment: ProcessEnvironment
    /// Ends what was started, once watchers have got the end.
    let close: @Sendable () async -> Void

    /// Makes the stage; where that fails says why, and gives one where nobody watches: the command runs all the same.
    static func make(_ request: Request, messages: RunMessages) async -> RunStage {
        let options = ProgressOptions(title: request.title, isCancellable: true)
        do {
            if let server = request.server {
                let publisher = try await RemotePublisher.create(
                    request.id,
                    options: options,
                    server: server,
                    security: request.security,
                    token: request.token
                )
                let tracker = publisher.tracker
                return RunStage(
                    request,
                    publisher: publisher,
                    url: tracker.url,
                    link: tracker.link,
                    reportToken: tracker.tokens?.report,
                    isHosted: false
                ) {}
            }
            let host = try await RunHost.start(port: request.port)
            let tracker = try host.service.createProgress(id: request.id, options: options)
            let url = host.url(of: request.id)
            return RunStage(
                request,
                publisher: LocalPublisher(tracker: tracker),
                url: url,
                link: url,
                isHosted: true
            ) { await host.stop(after: request.id) }
        } catch {
            messages.say("not published: \(error)")
            return RunStage(request, publisher: NoPublisher(), url: nil, isHosted: false) {}
        }
    }

    private init(
        _ request: Request,
        publisher: any RunPublisher,
        url: String?,
        link: String? = nil,
        reportToken: String? = nil,
        isHosted: Bool,
        close: @escaping @Sendable () async -> Void
    ) {
        self.publisher = publisher
        self.link = link
        self.isHosted = isHosted
        self.close = close
        var environment = request.environment
        environment["LIVE_PROGRESS_URL"] = url.map { Array($0.utf8) }
        environment["LIVE_PROGRESS_ID"] = url == nil ? nil : Array(request.id.rawValue.utf8)
        // Whoever gave the command a token of its own meant it to have that one.
        if let reportToken, environment[TokenOption.variable] == nil {
            environment[TokenOption.variable] = Array(reportToken.utf8)
        }
        self.environment = environment
    }
}
