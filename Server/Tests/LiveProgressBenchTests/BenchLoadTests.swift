// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressCLI
import NIOCore
import NIOEmbedded
import Testing

@testable import LiveProgressBench

@Suite("The load client of bench")
struct BenchLoadTests {
    private static func frame(_ opcode: UInt8, _ payload: String) -> [UInt8] {
        let bytes = Array(payload.utf8)
        let length: [UInt8] =
            bytes.count < 126 ? [UInt8(bytes.count)] : [126, UInt8(bytes.count >> 8), UInt8(bytes.count & 0xFF)]
        return [0x80 | opcode] + length + bytes
    }

    private static let stream: [UInt8] =
        frame(1, #"{"state":"Pending","details":null}"#)
        + frame(1, #"{"details":{"currentStep":"\#(String(repeating: "x", count: 200))","t":1234567890123}}"#)
        + frame(9, "hey") + frame(10, "") + frame(1, #"{"t":7}"#) + frame(1, "{}") + frame(8, "")
    private static let events: [FrameScanner.Event] = [
        .message(time: nil), .message(time: 1_234_567_890_123), .ping(Array("hey".utf8)), .message(time: 7),
        .message(time: nil), .close,
    ]

    @Test("the scanner finds every message and its time, however the bytes are split")
    func scans() throws {
        for size in 1...Self.stream.count {
            var scanner = FrameScanner()
            var found: [FrameScanner.Event] = []
            for start in stride(from: 0, to: Self.stream.count, by: size) {
                try Self.stream[start..<min(start + size, Self.stream.count)].withUnsafeBytes { bytes in
                    try scanner.scan(bytes) { found.append($0) }
                }
            }
            #expect(found == Self.events, "pieces of \(size)")
        }
    }

    @Test(
        "the scanner refuses frames that a bench server does not send",
        arguments: [[0x81, 0x81, 0, 0, 0, 0, 0], [0x01, 0], [0xC1, 0], [0x82, 0], [0x83, 0], [0x81, 127]] as [[UInt8]]
    )
    func refuses(bytes: [UInt8]) {
        var scanner = FrameScanner()
        #expect(throws: FrameScanner.Violation.self) {
            try bytes.withUnsafeBytes { try scanner.scan($0) { _ in } }
        }
    }

    @Test("the scanner reads the time from the member t only, and ignores numbers that are too large")
    func times() throws {
        for (text, time) in [(#"{"t":18446744073709551615}"#, nil), (#"{"x":5}"#, nil), ("5", nil), (#""t":5"#, 5)]
            as [(String, UInt64?)]
        {
            var scanner = FrameScanner()
            var found: [FrameScanner.Event] = []
            try Self.frame(1, text).withUnsafeBytes { try scanner.scan($0) { found.append($0) } }
            #expect(found == [.message(time: time)], "\(text)")
        }
    }

    @Test("the histogram stores each latency to within 1.6 percent")
    func histogram() throws {
        for power in 0..<63 {
            for latency in [UInt64(1) << power, (UInt64(1) << power) + (UInt64(1) << power) / 3] {
                var histogram = LatencyHistogram()
                histogram.add(latency)
                let found = try #require(histogram.percentile(0.5))
                #expect(found <= latency)
                #expect(Double(latency - found) <= Double(latency) * 0.016, "\(latency)")
            }
        }
    }

    @Test("a percentile is the latency that the given share of messages does not exceed")
    func percentiles() {
        var histogram = LatencyHistogram()
        #expect(histogram.percentile(0.5) == nil)
        for latency in 1...50 { histogram.add(UInt64(latency)) }
        let found = [0, 0.02, 0.5, 0.99, 1, 2].map { histogram.percentile($0) }
        #expect(found == [1, 1, 25, 50, 50, 50])
    }

    @Test("a delivery ends with its last message and counts the messages out of order")
    func tallies() throws {
        let loop = EmbeddedEventLoop()
        let tally = LoadTally()
        let promise = loop.makePromise(of: LoadTally.Delivery.self)
        tally.begin(expecting: 4, promise)
        tally.count(made: nil, after: 0, now: 1)
        tally.count(made: 10, after: 0, now: 15)
        tally.count(made: 10, after: 10, now: 16)
        #expect(!promise.futureResult.isFulfilled)
        tally.count(made: 9, after: 10, now: 17)
        let delivery = try promise.futureResult.wait()
        #expect(delivery.messages == 4)
        #expect(delivery.disordered == 2)
        #expect(delivery.latencies.count == 3)
    }

    @Test("a delivery fails if no message arrives between two checks, and later deliveries fail too")
    func givesUp() {
        let loop = EmbeddedEventLoop()
        let tally = LoadTally()
        tally.checkProgress()
        tally.checkProgress()  // no message is expected, so none can be lost
        let promise = loop.makePromise(of: LoadTally.Delivery.self)
        tally.begin(expecting: 3, promise)
        tally.count(made: 1, after: 0, now: 2)
        tally.checkProgress()
        #expect(!promise.futureResult.isFulfilled)
        tally.checkProgress()
        let error = #expect(throws: BenchError.self) { try promise.futureResult.wait() }
        #expect(error?.message == "messages were lost: 1 of 3 arrived")
        #expect(error?.status == ExitStatus.failed)
        let next = loop.makePromise(of: LoadTally.Delivery.self)
        tally.begin(expecting: 1, next)
        #expect(throws: BenchError.self) { try next.futureResult.wait() }
    }

    @Test("the pace is a quarter of the measured throughput, and from 1 to 1,000 updates per second")
    func paces() {
        let paces = [(100_000.0, 1000), (1e9, 1), (0, 10), (.infinity, 1), (400, 1000)].map {
            BenchMeasurement.pace($0, watchers: $1)
        }
        #expect(paces == [25, 1000, 1, 1, 1])
    }
}

extension EventLoopFuture {
    /// Whether the future has a result.
    fileprivate var isFulfilled: Bool {
        var isFulfilled = false
        assumeIsolated().whenComplete { _ in isFulfilled = true }
        return isFulfilled
    }
}
