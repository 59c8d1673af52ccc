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

/// The random settings of a schedule's server.
struct ScheduleSettings: Sendable {
    let journalCapacity: Int
    /// The size of the sockets' send buffers, or `nil` for the system's default.
    let sendBuffer: Int?
    /// The number of buffered bytes above which a channel is not writable.
    let waterMark: Int
    /// The size of the clients' receive buffers.
    let receiveBuffer: Int
    /// Whether clients may cancel the operations.
    let isCancellable: Bool

    init(using random: inout SeededGenerator) {
        journalCapacity = [1, 2, 3, 5, 8, 64].randomElement(using: &random) ?? 64
        sendBuffer = [2048, 2048, 4096, 16 * 1024, nil].randomElement(using: &random) ?? nil
        waterMark = [1, 1024, 16 * 1024, 64 * 1024].randomElement(using: &random) ?? 1024
        // Not smaller: a kernel announces the window in units that suit the largest possible buffer. A window below one
        // unit is announced as zero, and the sender then probes only every 200 ms.
        receiveBuffer = [4096, 4096, 8 * 1024, 32 * 1024].randomElement(using: &random) ?? 4096
        isCancellable = Bool.random(using: &random)
    }
}

/// A server of one schedule, for WebSockets only, with timeouts that no schedule reaches.
struct ScheduleServer: Sendable {
    /// Adds encryption to a connection of the server.
    typealias Securing = @Sendable (any Channel) throws -> Void

    let service: ProgressService
    /// The event loops of all schedules, separate from other tests, because schedules hold these loops at times.
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

    /// Returns after the event loops have run all pending tasks.
    func turn() throws {
        for loop in Self.group.makeIterator() { try loop.submit {}.wait() }
    }

    /// Holds the event loops while `body` runs.
    ///
    /// Tasks that are queued meanwhile run before the loops poll their sockets again. The loops are held in a fixed
    /// order, so that two schedules cannot wait for each other.
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

    /// Stops the server; returns after the last connection has closed.
    func stop() async throws {
        try await channel.close()
        await hosting.registry.waitUntilEmpty()
    }
}

/// The states of the gate at which an event loop waits.
private enum Gate {
    case open, held, released
}
