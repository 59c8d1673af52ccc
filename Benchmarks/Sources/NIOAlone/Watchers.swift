// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NIOCore

@testable import LiveProgressWebSocket

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The total number of updates, and the updates per second (0: as fast as possible).
struct Order {
    let updates: Int
    let rate: Double

    /// Reads `GET /start?u=U&r=R`.
    init?(_ request: String) {
        guard request.hasPrefix("GET /start?"), let end = request.dropFirst(11).firstIndex(of: " ") else { return nil }
        var values: [Substring: Substring] = [:]
        for item in request[..<end].dropFirst(11).split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        guard let updates = values["u"].flatMap({ Int($0) }) else { return nil }
        self.updates = updates
        rate = values["r"].flatMap { Double($0) } ?? 0
    }
}

/// All watchers; belongs to its event loop.
final class Watchers {
    private var all: [FirstBytesHandler] = []

    func add(_ watcher: FirstBytesHandler) {
        watcher.index = all.count
        all.append(watcher)
    }

    func remove(_ watcher: FirstBytesHandler) {
        guard let index = watcher.index else { return }
        let last = all.removeLast()
        if index < all.count {
            all[index] = last
            last.index = index
        }
    }

    /// Makes the updates of an order; the event loop handles other events between two updates.
    func produce(_ order: Order, on loop: any EventLoop) {
        produce(order, from: 0, since: loop.now, on: loop)
    }

    private func produce(_ order: Order, from made: Int, since start: NIODeadline, on loop: any EventLoop) {
        guard made < order.updates else { return }
        let frame = update()
        for watcher in all { watcher.send(frame) }
        let delay = order.rate > 0 ? Int64(Double(made + 1) * 1e9 / order.rate) : 0
        _ = loop.assumeIsolated().scheduleTask(deadline: start + .nanoseconds(delay)) {
            self.produce(order, from: made + 1, since: start, on: loop)
        }
    }

    private func update() -> ByteBuffer {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let nanoseconds = Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
        let details = "{\"percentComplete\":50,\"currentStep\":\"Validating data\",\"t\":\(nanoseconds)}"
        let message = ByteBuffer(string: "{\"state\":\"Processing\",\"details\":\(details)}")
        return FrameEncoder(role: .server).encode(.text, message)
    }
}
