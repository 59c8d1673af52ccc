// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOPosix

@_spi(Server) @testable import LiveProgressClient

/// Many watchers of one bench server, on one event loop.
struct LoadCrowd: Sendable {
    /// The number of connections that are opened at the same time.
    private static let window = 64
    /// The time without any message after which a delivery fails.
    private static let patience = TimeAmount.seconds(10)

    /// The number of watchers.
    let count: Int
    /// The time until all watchers had their first message, in nanoseconds.
    let nanoseconds: UInt64
    private let loop: any EventLoop
    private let tally: NIOLoopBound<LoadTally>

    /// Connects a crowd.
    ///
    /// - Parameters:
    ///   - count: The number of watchers.
    ///   - server: The bench server.
    /// - Returns: The crowd, after every watcher has received its first message.
    /// - Throws: ``BenchError`` if a watcher cannot connect.
    static func connect(_ count: Int, to server: ProgressServerAddress) async throws -> LoadCrowd {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let connecting: EventLoopFuture<(NIOLoopBound<LoadTally>, LoadTally.Delivery)> = loop.flatSubmit {
            let tally = NIOLoopBound(LoadTally(), eventLoop: loop)
            let greeted = loop.makePromise(of: LoadTally.Delivery.self)
            tally.value.begin(expecting: count, greeted)
            let bootstrap = bootstrap(on: loop, server: server, tally: tally)
            for first in 0..<min(window, count) { connect(first, of: count, bootstrap, server, tally) }
            // Never cancelled, because the program exits after one measurement.
            loop.scheduleRepeatedTask(initialDelay: patience, delay: patience) { _ in tally.value.checkProgress() }
            return greeted.futureResult.map { (tally, $0) }
        }
        let (tally, delivery) = try await connecting.get()
        return LoadCrowd(count: count, nanoseconds: delivery.nanoseconds, loop: loop, tally: tally)
    }

    /// Waits until every watcher has received all updates of an order.
    ///
    /// - Parameters:
    ///   - updates: The number of updates in the order.
    ///   - order: Sends the order to the server.
    /// - Returns: The results of the delivery.
    /// - Throws: ``BenchError`` if messages stop arriving or a watcher is disconnected; also the error of `order`.
    func deliver(_ updates: Int, order: () async throws -> Void) async throws -> LoadTally.Delivery {
        let promise = loop.makePromise(of: LoadTally.Delivery.self)
        try await loop.submit { [tally, count] in
            tally.value.begin(expecting: updates * count, promise)
        }.get()
        do {
            try await order()
        } catch {
            promise.fail(error)
            throw error
        }
        return try await promise.futureResult.get()
    }

    private static func bootstrap(
        on loop: any EventLoop,
        server: ProgressServerAddress,
        tally: NIOLoopBound<LoadTally>
    ) -> ClientBootstrap {
        ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.maxMessagesPerRead, value: 16)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let target = "\(server.prefix)/api/v1/progress/op"
                    let watcher = LoadWatcher(target: target, host: server.authority, tally: tally.value)
                    try channel.pipeline.syncOperations.addHandler(watcher)
                }
            }
    }

    /// Opens a connection, and then the connection that follows one window later.
    private static func connect(
        _ index: Int,
        of count: Int,
        _ bootstrap: ClientBootstrap,
        _ server: ProgressServerAddress,
        _ tally: NIOLoopBound<LoadTally>
    ) {
        bootstrap.connect(host: server.host, port: server.port).assumeIsolated().whenComplete { result in
            switch result {
            case .failure(let error):
                tally.value.fail(BenchError("a watcher cannot connect to \(server): \(error)"))
            case .success:
                let next = index + window
                if next < count { connect(next, of: count, bootstrap, server, tally) }
            }
        }
    }
}
