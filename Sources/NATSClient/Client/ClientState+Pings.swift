// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import DequeModule
import NIOCore

extension ClientState {
    /// What the client has to do at a beat of its timer.
    struct Beat {
        /// The calls that tell callers of requests that their time is over.
        var calls: [Call] = []
        var needsFlush = false
        /// The connection to close, and why.
        var ending: (channel: any Channel, error: NATSError)?
    }

    /// The pings without a response after which a connection counts as broken.
    private static let mostPings = 2

    /// Sends a ping for a caller that waits for everything that was sent before.
    ///
    /// - Returns: Whether the caller has to schedule a flush.
    mutating func flush(_ id: UInt64, _ complete: @escaping Completion<Void>) throws(NATSError) -> Bool {
        _ = try current()
        let needsFlush = try outbox.append(.ping, size: 8)
        pings.append(id)
        flushes[id] = complete
        return needsFlush
    }

    /// Takes the response to the oldest ping.
    mutating func pong() -> Call? {
        guard let id = pings.popFirst() ?? nil, let complete = flushes.removeValue(forKey: id) else { return nil }
        return { complete(.success(())) }
    }

    /// Takes a later `INFO` of the server.
    mutating func update(_ info: ServerInfo, leavingAt deadline: NIODeadline) {
        link?.info = info
        if info.isLeaving, link?.leaveAt == nil { link?.leaveAt = deadline }
    }

    /// Ends the requests whose time is over, pings the server when it is time, and finds a broken connection.
    mutating func beat(at now: NIODeadline, pingInterval: TimeAmount) -> Beat {
        var beat = Beat()
        for (id, request) in requests where request.deadline <= now {
            requests[id] = nil
            beat.calls.append { request.complete(.failure(NATSError(.timedOut, "No response arrived in time."))) }
        }
        guard let link else { return beat }
        if let leaveAt = link.leaveAt, requests.isEmpty || leaveAt <= now {
            beat.ending = (
                link.channel, NATSError(.disconnected, "\(link.address) shuts down, so the client leaves it.")
            )
        } else if link.pingAt <= now {
            self.link?.pingAt = now + pingInterval
            if pings.count(where: { $0 == nil }) >= Self.mostPings {
                beat.ending = (link.channel, NATSError(.disconnected, "\(link.address) does not respond to pings."))
            } else {
                pings.append(nil)
                beat.needsFlush = outbox.appendAlways(.ping)
            }
        }
        return beat
    }
}
