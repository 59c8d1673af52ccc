// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressHTTP
import LiveProgressWebSocket
@_spi(Server) import LiveProgressWire
import NIOCore

/// The permissions of a watcher with credentials, and their expiry; the watcher can renew them.
///
/// Belongs to the connection's event loop.
final class WatcherSession {
    var timerPlace = LoopTimerPlace()
    private let api: ProgressAPI
    private let acceptance: WatchAcceptance
    private let loop: FanoutLoop
    private var principal: ProgressPrincipal
    private var credentials: WatcherCredentials
    private var isDeciding = false
    private weak var watcher: Watcher?

    /// Creates the session of an accepted watcher; `nil` if the API requires no credentials.
    init?(_ acceptance: WatchAcceptance, api: ProgressAPI, loop: FanoutLoop) {
        guard let principal = acceptance.principal else { return nil }
        self.api = api
        self.acceptance = acceptance
        self.loop = loop
        self.principal = principal
        credentials = WatcherCredentials(validFor: api.remainingTime(of: principal), now: loop.eventLoop.now)
    }

    func start(_ watcher: Watcher) {
        self.watcher = watcher
        schedule()
    }

    func stop() {
        watcher = nil
        loop.timers.stop(self)
    }

    /// Handles a message of the watcher, or passes it to the source.
    func receive(_ message: ByteBuffer, isText: Bool, from source: any FanoutSource) {
        let request = isText ? try? ProgressClientMessage(message.readableBytesView) : nil
        switch request {
        case .authenticate(let token): renew(token)
        case .cancel where !acceptance.isCancelAllowed(to: principal): reply(.answer(Self.error(.mayNotCancel)))
        case .cancel, nil: reply(source.receive(message, isText: isText))
        }
    }

    private func reply(_ reply: FanoutReply) {
        watcher?.perform(reply)
        schedule()
    }

    private func schedule() {
        guard watcher != nil, let deadline = credentials.deadline else { return loop.timers.stop(self) }
        loop.timers.start(self, after: max(.zero, deadline - loop.eventLoop.now))
    }

    // MARK: Renewal

    private func renew(_ token: String) {
        guard !isDeciding, let authorizer = api.configuration.authorizer else {
            return reply(.violation(Self.error(.renewalUnderWay)))
        }
        let decision = authorizer.authorize(acceptance.accessRequest.renewed(by: token))
        guard case .later(let decide) = decision else { return reply(renewed(decision)) }
        isDeciding = true
        let eventLoop = loop.eventLoop
        let session = NIOLoopBound(self, eventLoop: eventLoop)
        Task {
            let decision = await decide()
            eventLoop.execute {
                session.value.isDeciding = false
                session.value.reply(session.value.renewed(decision))
            }
        }
    }

    private func renewed(_ decision: ProgressAuthorization) -> FanoutReply {
        switch api.renewal(of: acceptance, by: decision) {
        case .failure(let refusal): return .violation(Self.error(refusal.problem))
        case .success(let principal):
            self.principal = principal
            credentials.renew(for: api.remainingTime(of: principal), now: loop.eventLoop.now)
            return .answer(ByteBuffer(bytes: ProgressMessage.encodeAuthenticated(until: principal.expiresAt)))
        }
    }

    private static func error(_ problem: ProgressProblem) -> ByteBuffer {
        ByteBuffer(bytes: ProgressMessage.encodeError(problem))
    }
}

extension WatcherSession: LoopTimed {
    func timerFired() {
        switch credentials.timeIsUp(now: loop.eventLoop.now) {
        case .nothing: reply(.ignore)
        // Plain watchers receive only messages with their two members.
        case .warn: reply(acceptance.format == .full ? .answer(Self.error(.credentialsExpired)) : .ignore)
        case .close: reply(.close(WebSocketCloseReason(.unauthenticated)))
        }
    }
}

extension ProgressAPI {
    /// Returns how long credentials are still valid; `nil` if they never expire.
    fileprivate func remainingTime(of principal: ProgressPrincipal) -> TimeAmount? {
        let clock = service.configuration.clock
        return principal.expiry(on: clock).map { TimeAmount($0 - clock.now()) }
    }
}
