// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressHTTP
import LiveProgressWebSocket
import LiveProgressWire
import NIOCore

/// A watcher who has shown who it is: may ask the operation to stop only where that is allowed, and stays as long as its
/// credentials do, which it can renew.
final class WatcherVisitor: FanoutVisitor {
    private let api: ProgressAPI
    private let acceptance: WatchAcceptance
    private let eventLoop: any EventLoop
    private var principal: ProgressPrincipal
    private var credentials: WatcherCredentials
    private var isDeciding = false

    /// The visitor of what was accepted; `nil` where nobody is asked who they are.
    init?(_ acceptance: WatchAcceptance, api: ProgressAPI, eventLoop: any EventLoop) {
        guard let principal = acceptance.principal else { return nil }
        self.api = api
        self.acceptance = acceptance
        self.eventLoop = eventLoop
        self.principal = principal
        credentials = WatcherCredentials(validFor: api.remainingTime(of: principal), now: eventLoop.now)
    }

    var deadline: NIODeadline? { credentials.deadline }

    func receive(
        _ message: ByteBuffer,
        isText: Bool,
        from source: any FanoutSource,
        reply: @escaping (FanoutReply) -> Void
    ) {
        let request = isText ? try? ProgressClientMessage(message.readableBytesView) : nil
        switch request {
        case .authenticate(let token): renew(token, reply)
        case .cancel where !acceptance.isCancelAllowed(to: principal): reply(.answer(Self.error(.mayNotCancel)))
        case .cancel, nil: reply(source.receive(message, isText: isText))
        }
    }

    func timeIsUp() -> FanoutReply {
        switch credentials.timeIsUp(now: eventLoop.now) {
        case .nothing: .ignore
        // Plain watchers get two members and nothing else.
        case .warn: acceptance.format == .full ? .answer(Self.error(.credentialsExpired)) : .ignore
        case .close: .close(WebSocketCloseReason(.unauthenticated))
        }
    }

    // MARK: Renewal

    private func renew(_ token: String, _ reply: @escaping (FanoutReply) -> Void) {
        guard !isDeciding, let authorizer = api.configuration.authorizer else {
            return reply(.violation(Self.error(.renewalUnderWay)))
        }
        let decision = authorizer.authorize(acceptance.accessRequest.renewed(by: token))
        guard case .later(let decide) = decision else { return reply(renewed(decision)) }
        isDeciding = true
        let waiting = NIOLoopBound((visitor: self, reply: reply), eventLoop: eventLoop)
        let eventLoop = eventLoop
        Task {
            let decision = await decide()
            eventLoop.execute {
                waiting.value.visitor.isDeciding = false
                waiting.value.reply(waiting.value.visitor.renewed(decision))
            }
        }
    }

    private func renewed(_ decision: ProgressAuthorization) -> FanoutReply {
        switch api.renewal(of: acceptance, by: decision) {
        case .failure(let refusal): return .violation(Self.error(refusal.problem))
        case .success(let principal):
            self.principal = principal
            credentials.renew(for: api.remainingTime(of: principal), now: eventLoop.now)
            return .answer(ByteBuffer(bytes: ProgressMessage.encodeAuthenticated(until: principal.expiresAt)))
        }
    }

    private static func error(_ problem: ProgressProblem) -> ByteBuffer {
        ByteBuffer(bytes: ProgressMessage.encodeError(problem))
    }
}

extension ProgressAPI {
    /// For how long somebody's credentials are still good; `nil` for ever.
    fileprivate func remainingTime(of principal: ProgressPrincipal) -> TimeAmount? {
        let clock = service.configuration.clock
        return principal.expiry(on: clock).map { TimeAmount($0 - clock.now()) }
    }
}
