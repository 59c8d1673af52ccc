// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore
import NIOPosix

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A peer for the benchmarks that shows the cost of SwiftNIO alone: `nio-alone PORT`, `GET /start?u=U&r=R`.
///
/// One handler searches the first bytes of a connection for the key, ignores the other fields, and responds. An update is encoded
/// once and written to one channel after the other. The program validates nothing, stores nothing and limits nothing. What the
/// real server costs in addition is its own cost; the rest is the cost of the framework and the system.
@main
struct NIOAlone {
    static func main() async throws {
        guard CommandLine.arguments.count == 2, let port = Int(CommandLine.arguments[1]) else {
            let usage = "usage: nio-alone PORT\n"
            _ = usage.withCString { write(STDERR_FILENO, $0, usage.utf8.count) }
            exit(2)
        }
        let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        let watchers = NIOLoopBoundBox.makeBoxSendingValue(Watchers(), eventLoop: loop)
        let channel = try await ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 4096)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 64)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = FirstBytesHandler(watchers: watchers.value)
                    let size = FixedSizeRecvByteBufferAllocator(capacity: 256)
                    try channel.syncOptions?.setOption(.recvAllocator, value: size)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        try await channel.closeFuture.get()
    }
}
