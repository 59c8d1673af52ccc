// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressDeflate
import LiveProgressWebSocket
import NIOCore
import Synchronization
import Testing

@testable import LiveProgressNIO

@Suite("Watching with compression")
struct CompressionTests {
    /// A codec that counts the compressed messages.
    private final class CountingCodec: DeflateCodec {
        private let base = ZlibCodec()
        let count = Atomic(0)

        var windowBits: ClosedRange<Int> { base.windowBits }

        func makeInflater() -> (any Inflater)? { base.makeInflater() }

        func makeDeflater(windowBits: Int) -> (any Deflater)? {
            base.makeDeflater(windowBits: windowBits).map { CountingDeflater(base: $0, codec: self) }
        }
    }

    private final class CountingDeflater: Deflater {
        private let base: any Deflater
        private let codec: CountingCodec

        init(base: any Deflater, codec: CountingCodec) {
            self.base = base
            self.codec = codec
        }

        func deflate(_ message: ByteBuffer, into output: inout ByteBuffer) -> Bool {
            codec.count.add(1, ordering: .relaxed)
            return base.deflate(message, into: &output)
        }

        func reset() { base.reset() }
    }

    @Test(
        "Invariants 3 and 5: watchers with and without compression receive the same revisions in order, and the end",
        arguments: WritePath.allCases
    )
    func mixed(path: WritePath) async throws {
        try await SocketServer.with(writePath: path, compression: ZlibCodec()) { server in
            let tracker = try server.service.createProgress()
            var followings: [Task<[String], Never>] = []
            for number in 0..<20 {
                let deflate = number % 2 == 0 ? DeflateClient(codec: ZlibCodec()) : nil
                let watcher = try await server.watch(tracker.id, deflate: deflate)
                #expect(watcher.connection.isCompressed == (deflate != nil))
                followings.append(await watcher.follow())
            }
            #expect(server.hosting.sourceCount == 1)
            for step in 1...20 { tracker.update("Step \(step)", details: ["note": "Straße"]) }
            tracker.succeed()
            let first = await followings[0].value
            for following in followings {
                #expect(await following.value == first)
                #expect(try await following.events.map(\.snapshot.revision) == Array(0...21))
            }
        }
    }

    @Test("Without the option, the server accepts no offer of compression")
    func off() async throws {
        try await SocketServer.with { server in
            let tracker = try server.service.createProgress()
            let watcher = try await server.watch(tracker.id, deflate: DeflateClient(codec: ZlibCodec()))
            #expect(!watcher.connection.isCompressed)
            let following = await watcher.follow()
            tracker.succeed()
            #expect(try await following.events.last?.kind == .end)
        }
    }

    @Test("A compressed cancel message reaches the worker")
    func cancel() async throws {
        try await SocketServer.with(compression: ZlibCodec()) { server in
            let tracker = try server.service.createProgress(options: ProgressOptions(isCancellable: true))
            let watcher = try await server.watch(tracker.id, deflate: DeflateClient(codec: ZlibCodec()))
            let following = await watcher.follow()
            try await watcher.connection.send(text: #"{"type":"cancel"}"#)
            try await tracker.cancellationRequested()
            tracker.cancel()
            #expect(try await following.events.map(\.snapshot.status) == [.pending, .cancelling, .cancelled])
        }
    }

    @Test("A message is compressed once, and all its readers share the bytes")
    func once() throws {
        let codec = CountingCodec()
        let deflated = DeflatedMessages(deflaters: SharedDeflaters(codec: codec))
        let message = ArraySlice(repeating: UInt8(ascii: "x"), count: 1000)
        let reads = (1...3).map { _ in FanoutFrames([message], position: FanoutPosition(1), deflated: deflated).bytes }
        #expect(codec.count.load(ordering: .relaxed) == 1)
        let (compressed, plain) = (try #require(reads[0]), FanoutFrames([message], position: FanoutPosition(1)).bytes)
        #expect(reads.allSatisfy { $0 == compressed })
        #expect(compressed.readableBytes < 32)
        #expect(compressed.getInteger(at: 0) == UInt8(0xC1))
        #expect(plain?.getInteger(at: 0) == UInt8(0x81))
    }
}
