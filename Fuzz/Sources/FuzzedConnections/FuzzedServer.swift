// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import LiveProgressHTTP
internal import LiveProgressTesting
internal import NIOCore
internal import NIOEmbedded
internal import NIOHTTP1

@testable internal import LiveProgress
@_spi(Server) @testable internal import LiveProgressNIO

/// The server of one connection, and its workers; used on one thread.
final class FuzzedServer {
    let hosting: ProgressHosting
    private let loop: EmbeddedEventLoop
    private let live: ProgressTracker?
    private let decidesLater: Bool
    /// The pending decisions about upgrades.
    private let undecided: NIOLoopBoundBox<[() -> Void]>
    private var reportCount: Int64 = 0

    init(decidesLater: Bool, loop: EmbeddedEventLoop) {
        self.decidesLater = decidesLater
        self.loop = loop
        undecided = NIOLoopBoundBox([], eventLoop: loop)
        var configuration = ProgressService.Configuration()
        configuration.clock = ManualClock().clock
        configuration.makeEpoch = { "e" }
        let service = ProgressService(configuration: configuration)
        let ended = Self.create("op", in: service)
        ended?.update("Copying", details: ["file": "a"])
        ended?.succeed()
        live = Self.create("live", in: service)
        hosting = ProgressHosting(api: ProgressAPI(service: service))
    }

    /// Creates an operation that cannot be cancelled.
    ///
    /// A cancel request would add a revision. The loop would send that revision before or after the client's next bytes,
    /// depending on how these bytes are split.
    private static func create(_ id: String, in service: ProgressService) -> ProgressTracker? {
        ProgressID(id).flatMap { try? service.createProgress(id: $0) }
    }

    /// The setup of connections.
    var connections: ConnectionSetup {
        var setup = hosting.connections
        guard decidesLater else { return setup }
        setup.decide = { [decide = setup.decide, undecided] head, channel in
            let decision = decide(head, channel)
            guard case .upgrade = decision else { return decision }
            return .later { decided in undecided.value.append { decided(decision) } }
        }
        return setup
    }

    func handle(_ event: ConnectionEvent, on channel: EmbeddedChannel) {
        switch event {
        case .bytes(let bytes): _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        case .inputClosed: channel.pipeline.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        case .report:
            reportCount += 1
            live?.update("Copying", details: ["number": .integer(reportCount)])
        case .end: live?.succeed()
        case .decision:
            let waiting = undecided.value
            undecided.value = []
            for decide in waiting { decide() }
        case .time(let seconds): loop.advanceTime(by: .seconds(seconds))
        case .goingAway: hosting.registry.quiesce()
        }
    }
}
