// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HummingbirdCore
import LiveProgressHummingbird
import LiveProgressNIO
import Logging
import NIOCore
import NIOSSL

/// How connections are served: in clear, or over TLS in the version of HTTP that ALPN (RFC 7301) agrees on.
///
/// WebSockets are HTTP/1.1's: browsers ask for nothing else where they open one.
struct ConnectionServing: Sendable {
    /// Serves HTTP/1.1, and WebSockets.
    let http1: ProgressChildChannel
    /// Serves HTTP/2.
    let http2: HTTP2Connections
    /// What new connections are encrypted with, or `nil` to serve in clear.
    let certificates: Certificates?
    /// Where it logs.
    let logger: Logger

    /// How many bytes are read at a time: a watcher sends hardly more than pongs, and the buffer stays with it.
    private static let readSize = 64
    /// How often in a row, so that the head of any request with few cookies comes in one round.
    private static let readsInARow: UInt = 64
    /// The same of encrypted connections, which begin with a few hundred bytes of handshake.
    private static let encryptedReadSize = 512
    private static let encryptedReadsInARow: UInt = 16

    /// Serves a fresh connection; called on its event loop.
    ///
    /// - Throws: What adding a handler throws; the connection is of no use then.
    func serve(_ channel: any Channel) throws {
        // A client may close its sending half behind a request and still wants the answer.
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
            // Requests carry bodies; a connection that has closed meanwhile takes no options.
            try? channel.syncOptions?.setOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator())
            // It ends with its connection, for which the registry is waited.
            Task { await http1.handleHTTP(asyncChannel: path, logger: logger) }
        }
    }
}
