// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress
import LiveProgressHTTP
import LiveProgressTesting
import LiveProgressWire
import NIOCore
import NIOEmbedded
import Testing

@testable import LiveProgressNIO

@Suite("Watchers whose credentials expire")
struct WatcherCredentialsTests {
    /// An authorizer whose tokens contain their permissions and lifetime: `PERMISSIONS/SECONDS`.
    private struct PlainTokens: ProgressAuthorizer {
        let clock: ProgressClock

        func authorize(_ request: ProgressAccessRequest) -> ProgressAuthorization {
            guard case .bearer(let token) = request.credential else { return .refused() }
            let words = token.split(separator: "/")
            guard words.count == 2, let seconds = Double(words[1]) else { return .refused("Bad.") }
            let permissions = Set(
                words[0].split(separator: "+").compactMap { ProgressPermission(rawValue: String($0)) }
            )
            let end = clock.date().addingTimeInterval(seconds)
            let principal = ProgressPrincipal(grants: [.init(permissions, for: .everything)], expiresAt: end)
            return .granted(principal)
        }
    }

    /// A watcher on an embedded event loop, with clocks that a test advances.
    private final class Watcher {
        let time = ManualClock()
        let journal: ProgressJournal
        let connection: TestConnection

        init(token: String, isFull: Bool = true) throws {
            var configuration = ProgressService.Configuration()
            configuration.clock = time.clock
            let service = ProgressService(configuration: configuration)
            journal = try service.createJournal(id: ProgressID("a"), options: ProgressOptions(isCancellable: true))
            var apiConfiguration = ProgressAPI.Configuration()
            apiConfiguration.authorizer = PlainTokens(clock: time.clock)
            let hosting = ProgressHosting(api: ProgressAPI(service: service, configuration: apiConfiguration))
            connection = try TestConnection(setup: hosting.connections)
            let asked = isFull ? "Sec-WebSocket-Protocol: live-progress.v1\r\n" : ""
            let answer = try connection.receive(
                """
                GET /api/v1/progress/a HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r
                Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r
                Authorization: Bearer \(token)\r\n\(asked)\r\n
                """
            )
            #expect(answer.hasPrefix("HTTP/1.1 101 "))
        }

        /// Sends a message, masked with a key of zeros; returns the response.
        func say(_ text: String) throws -> String {
            var bytes: [UInt8] = [0x81, 0x80 | UInt8(text.utf8.count), 0, 0, 0, 0]
            bytes += text.utf8
            _ = try? connection.channel.writeInbound(ByteBuffer(bytes: bytes))
            return try connection.written()
        }

        /// Advances both clocks; returns the bytes written meanwhile.
        func wait(_ seconds: Int64) throws -> String {
            time.advance(by: .seconds(seconds))
            connection.channel.embeddedEventLoop.advanceTime(by: .seconds(seconds))
            return try connection.written()
        }
    }

    @Test("When its token expires, a watcher receives an error, and ten seconds later the close code 4501")
    func expiry() throws {
        let watcher = try Watcher(token: "watch/15")
        #expect(try watcher.wait(14).isEmpty)
        #expect(try watcher.wait(2).contains("credentials have expired"))
        #expect(try watcher.wait(8).isEmpty)
        #expect(try watcher.wait(3).contains("unauthenticated"))
    }

    @Test("When its token expires, a watcher of the plain format receives only the close frame")
    func plain() throws {
        let watcher = try Watcher(token: "watch/15", isFull: false)
        #expect(try watcher.wait(16).isEmpty)
        #expect(try watcher.wait(11).contains("unauthenticated"))
    }

    @Test("A new token, before the expiry or in the grace period, keeps a watcher connected; an invalid token does not")
    func renewal() throws {
        let watcher = try Watcher(token: "watch/5")
        _ = try watcher.wait(7)
        #expect(try watcher.say(#"{"type":"authenticate","token":"nonsense"}"#).contains("Not authenticated"))
        #expect(try watcher.say(#"{"type":"authenticate","token":"watch/8"}"#).contains(#"{"type":"authenticated""#))
        #expect(try watcher.wait(7).isEmpty)
        #expect(try watcher.wait(2).contains("credentials have expired"))
        #expect(try watcher.wait(11).contains("unauthenticated"))
    }

    @Test("A new token without watch permission is rejected, and the second one closes with 1008")
    func weakerToken() throws {
        let watcher = try Watcher(token: "watch/900")
        #expect(try watcher.say(#"{"type":"authenticate","token":"report/900"}"#).contains("Forbidden"))
        #expect(try watcher.say(#"{"type":"authenticate","token":"report/900"}"#).contains("make no sense"))
    }

    @Test("A cancel message needs the cancel permission, which a new token may add")
    func cancel() throws {
        let watcher = try Watcher(token: "watch/900")
        #expect(try watcher.say(#"{"type":"cancel"}"#).contains("forbidden"))
        #expect(watcher.journal.snapshot().status != .cancelling)
        _ = try watcher.say(#"{"type":"authenticate","token":"watch+cancel/900"}"#)
        _ = try watcher.say(#"{"type":"cancel"}"#)
        #expect(watcher.journal.snapshot().status == .cancelling)
    }

    @Test("Credentials without an expiry have no deadline; other credentials expire, and then their grace period ends")
    func credentials() {
        let start = NIODeadline.uptimeNanoseconds(0)
        #expect(WatcherCredentials(validFor: nil, now: start).deadline == nil)
        var credentials = WatcherCredentials(validFor: .seconds(5), now: start)
        #expect(credentials.timeIsUp(now: start + .seconds(4)) == .nothing)
        #expect(credentials.timeIsUp(now: start + .seconds(5)) == .warn)
        #expect(credentials.deadline == start + .seconds(15))
        #expect(credentials.timeIsUp(now: start + .seconds(14)) == .nothing)
        #expect(credentials.timeIsUp(now: start + .seconds(15)) == .close)
        credentials.renew(for: .seconds(1), now: start + .seconds(15))
        #expect(credentials.deadline == start + .seconds(16))
    }
}
