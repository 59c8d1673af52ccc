// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HummingbirdCore
@_spi(Server) import LiveProgressHummingbird
import LiveProgressNIO
import Logging
import NIOCore
import NIOSSL

/// The setup of accepted connections: plain text, or TLS with the HTTP version that ALPN (RFC 7301) selects.
///
/// WebSockets run over HTTP/1.1 only: a browser that opens a WebSocket offers only HTTP/1.1 in ALPN.
struct ConnectionServing: Sendable {
    /// Serves HTTP/1.1 and WebSockets.
    let http1: ProgressChildChannel
    /// Serves HTTP/2.
    let http2: HTTP2Connections
    /// The certificate for TLS, or `nil` for connections without TLS.
    let certificates: Certificates?
    /// The logger of all connections.
    let logger: Logger

    /// The size of the read buffer in bytes; small, because each watcher keeps one and sends little more than pongs.
    private static let readSize = 64
    /// The maximum number of reads in a row; enough to read a request head with few cookies in one round.
    private static let readsInARow: UInt = 64
    /// The size of the read buffer for TLS; larger, because the handshake begins with a few hundred bytes.
    private static let encryptedReadSize = 512
    private static let encryptedReadsInARow: UInt = 16

    /// Serves a newly accepted connection; call it on the connection's event loop.
    ///
    /// - Throws: The error of adding a handler; the connection cannot be used then.
    func serve(_ channel: any Channel) throws {
        // A client may close its sending side after a request and still wait for the response.
        try channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: true)
        guard let certificates else {
            try read(channel, Self.readSize, Self.readsInARow)
            return try serveHTTP1(channel)
        }
        try read(channel, Self.encryptedReadSize, Self.encryptedReadsInARow)
        try http1.connections.secure(channel, by: [NIOSSLServerHandler(context: certificates.context)]) { agreed in
            if agreed == "h2" {
                try channel.syncOptions?.setOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator())
                try http2.serve(channel)
            } else {
                try serveHTTP1(channel)
            }
        }
    }

    private func read(_ channel: any Channel, _ size: Int, _ timesInARow: UInt) throws {
        try channel.syncOptions?.setOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: size))
        try channel.syncOptions?.setOption(.maxMessagesPerRead, value: timesInARow)
    }

    private func serveHTTP1(_ channel: any Channel) throws {
        try http1.prepare(channel: channel, logger: logger) { outcome in
            guard case .http(let path) = outcome else { return }
            // Request bodies need larger reads. Setting an option fails if the connection has closed meanwhile.
            try? channel.syncOptions?.setOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator())
            // This task ends with its connection; the server waits for the connection in the registry.
            Task { await http1.handleHTTP(asyncChannel: path, logger: logger) }
        }
    }
}
