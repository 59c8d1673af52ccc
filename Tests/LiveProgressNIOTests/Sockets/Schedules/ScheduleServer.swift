// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressHTTP
@_spi(Server) import LiveProgressNIO
import LiveProgressWebSocket
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

@testable import LiveProgressTesting

/// What differs from one schedule's server to another's.
struct ScheduleSettings: Sendable {
    let journalCapacity: Int
    /// The size of the sockets' send buffers, or `nil` for the system's own.
    let sendBuffer: Int?
    /// From how many bytes in memory on a channel says that it takes no more.
    let waterMark: Int
    /// The size of the clients' receive buffers.
    let receiveBuffer: Int
    /// Whether clients may ask the operations to stop.
    let isCancellable: Bool

    init(using random: inout SeededGenerator) {
        journalCapacity = [1, 2, 3, 5, 8, 64].randomElement(using: &random) ?? 64
        sendBuffer = [2048, 2048, 4096, 16 * 1024, nil].randomElement(using: &random) ?? nil
        waterMark = [1, 1024, 16 * 1024, 64 * 1024].randomElement(using: &random) ?? 1024
        // Not smaller: kernels tell windows in units that suit the largest buffer there could be, and one that is less
        // than a unit is told as none, which the sender asks about only every fifth of a second.
        receiveBuffer = [4096, 4096, 8 * 1024, 32 * 1024].randomElement(using: &random) ?? 4096
        isCancellable = Bool.random(using: &random)
    }
}

/// A server of one schedule, with nothing but WebSockets, whose times no schedule meets.
struct ScheduleServer: Sendable {
    /// Puts encryption in front of a connection of the server.
    typealias Securing = @Sendable (any Channel) throws -> Void

    let service: ProgressService
    /// The schedules' own event loops: they are held at times, and everyone else's must not be.
    private static let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)

    let hosting: ProgressHosting
    let channel: any Channel

    var port: Int { channel.localAddress?.port ?? 0 }

    init(settings: ScheduleSettings, path: WritePath, securing: Securing?) async throws {
        var configuration = ProgressService.Configuration()
        configuration.journalCapacity = settings.journalCapacity
        service = ProgressService(configuration: configuration)
        var apiConfiguration = ProgressAPI.Configuration()
        apiConfiguration.limits.connections.headTimeout = .seconds(3600)
        apiConfiguration.limits.connections.unreadTimeout = .seconds(3600)
        apiConfiguration.limits.connections.closeTimeout = .seconds(3600)
        let api = ProgressAPI(service: service, configuration: apiConfiguration)
        let hosting = ProgressHosting(api: api, heartbeat: nil, writePath: path)
        self.hosting = hosting
        let mark = ChannelOptions.Types.WriteBufferWaterMark(low: 1, high: settings.waterMark)
        var bootstrap = ServerBootstrap(group: Self.group)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.writeBufferWaterMark, value: mark)
            .childChannelInitializer { child in
                child.eventLoop.makeCompletedFuture {
                    try securing?(child)
                    _ = try hosting.connections.configure(child) { $0.close() }
                }
            }
        if let sendBuffer = settings.sendBuffer {
            let size = SocketOptionValue(sendBuffer)
            bootstrap = bootstrap.childChannelOption(.socketOption(.so_sndbuf), value: size)
        }
        channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
    }

    /// Returns when the event loops have done all that they had been woken for.
    func turn() throws {
        for loop in Self.group.makeIterator() { try loop.submit {}.wait() }
    }

    /// Holds the event loops while `body` runs.
    ///
    /// What they are asked for meanwhile they do before they look at their sockets again. Taken one after the other, in
    /// an order that is always the same, so that no two schedules wait for each other's.
    func holdingLoops(_ body: () throws -> Void) throws {
        try hold(Array(Self.group.makeIterator())[...], body)
    }

    private func hold(_ loops: ArraySlice<any EventLoop>, _ body: () throws -> Void) throws {
        guard let loop = loops.first else { return try body() }
        let gate = ConditionLock(value: Gate.open)
        loop.execute {
            gate.lock()
            gate.unlock(withValue: .held)
            gate.lock(whenValue: .released)
            gate.unlock()
        }
        gate.lock(whenValue: .held)
        defer { gate.unlock(withValue: .released) }
        try hold(loops.dropFirst(), body)
    }

    /// Stops; returns when the last connection has gone by itself.
    func stop() async throws {
        try await channel.close()
        await hosting.registry.waitUntilEmpty()
    }
}

/// What an event loop waits at.
private enum Gate {
    case open, held, released
}
