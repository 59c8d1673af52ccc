// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOPosix
import Synchronization

extension NATSConnection {
    /// The time between two beats of the client's timer, which is also the precision of time limits.
    private static let beat = TimeAmount.milliseconds(50)
    /// The time for open requests to be completed before the client leaves a server that shuts down.
    private static let leavingTime = TimeAmount.seconds(2)

    /// Connects, and reconnects whenever the connection ends, until the task is cancelled.
    ///
    /// After that, the client is closed: waiting calls and later calls fail with ``NATSError/Code/closed``. A client runs
    /// once.
    public func run() async {
        let timer = eventLoop.scheduleRepeatedTask(initialDelay: Self.beat, delay: Self.beat) { [weak self] _ in
            self?.beat()
        }
        defer { timer.cancel() }
        while !Task.isCancelled {
            let (server, delay) = pool.withLock { $0.next(random: .random(in: 0...1)) }
            if delay > .zero { try? await Task.sleep(for: delay) }
            guard !Task.isCancelled else { break }
            await connect(to: server)
        }
        call(state.withLock { $0.close() })
    }

    /// Waits until the client is connected.
    ///
    /// - Throws: ``NATSError/Code/closed`` if ``run()`` has ended, or ``NATSError/Code/cancelled``.
    public func connected() async throws(NATSError) {
        try await wait { id, complete throws(NATSError) in
            let isConnected = try state.withLock { state throws(NATSError) in try state.awaitConnection(id, complete) }
            if isConnected { complete(.success(())) }
        } forget: { state, id in
            state.connectionWaiters.removeValue(forKey: id)
        }
    }

    /// Connects to a server, and returns when the connection has ended.
    private func connect(to server: NATSAddress) async {
        let opened = eventLoop.makePromise(of: ServerInfo.self)
        let connecting = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if self.configuration.tls.isFirst {
                        let handler = try TransportSecurity(self.configuration.tls).makeHandler(for: server)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                    try channel.pipeline.syncOperations.addHandler(
                        ConnectionHandler(to: server, for: self, opened: opened)
                    )
                }
            }
            .connect(host: server.host, port: server.port)
        connecting.whenFailure { error in
            // If the handlers cannot be created, their error is inside the error of the connection.
            let cause = (error as? NIOConnectionError)?.connectionErrors.first?.error ?? error
            let reason = (cause as? IOError).flatMap { strerror($0.errnoCode) }.map { String(cString: $0) }
            let message = "No server accepts a connection at \(server) (\(reason ?? "\(cause)")). Is it running?"
            opened.fail(cause as? NATSError ?? NATSError(.unreachable, message))
        }
        await withTaskCancellationHandler {
            do {
                _ = try await opened.futureResult.get()
                try await connecting.get().closeFuture.get()
            } catch {
                note(.unreachable(server, error as? NATSError ?? NATSError(.unreachable, "\(error)")))
            }
        } onCancel: {
            connecting.whenSuccess { $0.close(promise: nil) }
        }
    }

    /// Takes an open connection; runs on the event loop.
    func attach(_ channel: any Channel, _ info: ServerInfo, of address: NATSAddress) {
        let pingAt = NIODeadline.now() + TimeAmount(configuration.pingInterval)
        pool.withLock {
            $0.noteSuccess()
            $0.noteCluster(info.addresses, of: address)
        }
        call(state.withLock { $0.attach(.init(channel: channel, address: address, info: info, pingAt: pingAt)) })
        flushOutbox(of: channel)
        note(.connected(address, serverVersion: info.version))
    }

    /// Forgets a connection that has ended; runs on the event loop.
    func detach(_ channel: any Channel, for error: NATSError) {
        let lost = state.withLock { state in
            let address = state.link?.address
            return state.detach(channel, for: error).map { ($0, address) }
        }
        guard let (calls, address) = lost else { return }
        call(calls)
        if let address { note(.disconnected(address, error)) }
    }

    /// Takes an operation of the server; runs on the event loop.
    func receive(_ operation: ServerOperation, from address: NATSAddress) throws(NATSError) {
        switch operation {
        case .message(let message, let id): state.withLock { $0.receive(message, for: id) }?()
        case .pong: state.withLock { $0.pong() }?()
        case .info(let info): take(info, of: address)
        case .error(let text): try take(error: text, of: address)
        case .ping, .ok: break
        }
    }

    private func take(_ info: ServerInfo, of address: NATSAddress) {
        let hasOthers = pool.withLock {
            $0.noteCluster(info.addresses, of: address)
            return $0.hasOthers
        }
        // Without another server, the client stays as long as this one does.
        guard hasOthers || !info.isLeaving else { return }
        state.withLock { $0.update(info, leavingAt: .now() + Self.leavingTime) }
        if info.isLeaving { note(.leaving(address)) }
    }

    private func take(error text: String, of address: NATSAddress) throws(NATSError) {
        let error = NATSError.refusal(text, by: address)
        // The server keeps the connection after these errors, and closes it after all others.
        let stays = ["permissions violation", "invalid subject", "maximum subscriptions"].contains {
            text.lowercased().contains($0)
        }
        guard stays else { throw error }
        note(.refused(address, error))
    }

    private func beat() {
        let beat = state.withLock { $0.beat(at: .now(), pingInterval: TimeAmount(configuration.pingInterval)) }
        call(beat.calls)
        if let (channel, error) = beat.ending {
            detach(channel, for: error)
            channel.close(promise: nil)
        } else if beat.needsFlush {
            scheduleFlush()
        }
    }
}
