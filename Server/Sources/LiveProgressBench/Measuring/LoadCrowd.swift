// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressClient
import NIOCore
import NIOPosix

/// Many watchers of one bench server, on one event loop.
struct LoadCrowd: Sendable {
    /// Connections that are made at the same time.
    private static let window = 64
    /// How long nothing may arrive before a delivery has failed.
    private static let patience = TimeAmount.seconds(10)

    /// How many watch.
    let count: Int
    /// How long it took until all of them had the first message.
    let nanoseconds: UInt64
    private let loop: any EventLoop
    private let tally: NIOLoopBound<LoadTally>

    /// Connects a crowd.
    ///
    /// - Parameters:
    ///   - count: How many watch.
    ///   - server: The bench server.
    /// - Returns: The crowd, every one of which has had its first message.
    /// - Throws: ``BenchError`` where one of them cannot.
    static func connect(_ count: Int, to server: ProgressServerAddress) async throws -> LoadCrowd {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let connecting: EventLoopFuture<(NIOLoopBound<LoadTally>, LoadTally.Delivery)> = loop.flatSubmit {
            let tally = NIOLoopBound(LoadTally(), eventLoop: loop)
            let greeted = loop.makePromise(of: LoadTally.Delivery.self)
            tally.value.begin(expecting: count, greeted)
            let bootstrap = bootstrap(on: loop, server: server, tally: tally)
            for first in 0..<min(window, count) { connect(first, of: count, bootstrap, server, tally) }
            // For as long as the program runs: it measures once.
            loop.scheduleRepeatedTask(initialDelay: patience, delay: patience) { _ in tally.value.checkProgress() }
            return greeted.futureResult.map { (tally, $0) }
        }
        let (tally, delivery) = try await connecting.get()
        return LoadCrowd(count: count, nanoseconds: delivery.nanoseconds, loop: loop, tally: tally)
    }

    /// Waits until every watcher has all updates of an order.
    ///
    /// - Parameters:
    ///   - updates: How many the order makes.
    ///   - order: Gives the order to the server.
    /// - Returns: What arrived.
    /// - Throws: ``BenchError`` where nothing arrives any more, or a watcher is lost; and what `order` throws.
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

    /// Makes a connection, and then the next one that is a window away.
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
