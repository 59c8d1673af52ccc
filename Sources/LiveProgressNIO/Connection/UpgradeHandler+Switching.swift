// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressHTTP
import NIOCore
import NIOHTTP1

extension UpgradeHandler {
    /// The time limit for a decision; the connection closes after it.
    static let decisionTimeout = TimeAmount.seconds(10)

    func wait(for start: Undecided, context: ChannelHandlerContext, isPathOpen: Bool) {
        undecided = nil
        let timeout = context.eventLoop.assumeIsolated().scheduleTask(in: Self.decisionTimeout) {
            context.close(promise: nil)
        }
        start { decision in
            timeout.cancel()
            guard context.channel.isActive else { return }
            if case .upgrade(let upgrade) = decision {
                self.upgrade = upgrade
                return self.switchProtocols(context: context, isPathOpen: isPathOpen)
            }
            let action: UpgradeStateMachine.InboundAction
            if case .refuse(let answer) = decision {
                self.refusal = answer
                action = self.machine.refused()
            } else {
                action = self.machine.withdrew(isPathOpen: isPathOpen)
            }
            switch action {
            case .release: self.release(context: context)
            case .holdAndOpen: self.open(context: context)
            case .refuse: self.refuse(context: context)
            case .forward, .hold, .switch, .drop: break
            }
        }
    }

    /// Writes the refusal of an upgrade; the connection closes after it.
    func refuse(context: ChannelHandlerContext) {
        held = []
        guard let answer = refusal else { return }
        refusal = nil
        for part in answer.parts { write(context: context, data: Self.wrapOutboundOut(part), promise: nil) }
        context.flush()
    }

    func switchProtocols(context: ChannelHandlerContext, isPathOpen: Bool) {
        held = []
        let pipeline = context.pipeline.syncOperations
        let removals = codecs.map { pipeline.removeHandler($0) }
        EventLoopFuture.andAllSucceed(removals, on: context.eventLoop).assumeIsolated().whenComplete { result in
            guard case .success = result, let upgrade = self.upgrade, context.channel.isActive else {
                return self.abandon(context: context, isPathOpen: isPathOpen)
            }
            let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: upgrade.headers)
            context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
            context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
            pipeline.removeHandler(self.encoder).assumeIsolated().whenComplete { _ in
                self.install(upgrade, context: context, isPathOpen: isPathOpen)
            }
        }
    }

    private func install(_ upgrade: ConnectionDecision.Upgrade, context: ChannelHandlerContext, isPathOpen: Bool) {
        let pipeline = context.pipeline.syncOperations
        do {
            if isPathOpen {
                // The path's own handlers cannot be removed: they stay in the pipeline, cut off, until the channel closes.
                pumps = true
                try pipeline.addHandler(DetachedHandlersBarrier(), position: .after(self))
            }
            try pipeline.addHandlers(upgrade.makeHandlers(context.channel), position: .after(self))
        } catch {
            return abandon(context: context, isPathOpen: isPathOpen)
        }
        machine.switched()
        upgraded()
        conclude(.upgraded)
        if quiesces { context.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
        let early = bytes.end()
        pipeline.removeHandler(bytes, promise: nil)
        if let early { context.fireChannelRead(NIOAny(early)) }
        context.fireChannelReadComplete()
        if isPathOpen {
            context.read()
        } else {
            pipeline.removeHandler(self, promise: nil)
        }
    }

    private func abandon(context: ChannelHandlerContext, isPathOpen: Bool) {
        conclude(.closed)
        machine.switched()
        context.close(promise: nil)
    }
}
