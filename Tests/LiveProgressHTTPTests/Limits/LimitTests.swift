// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressTesting
import Testing

@testable import LiveProgressHTTP

@Suite("Limits of the API")
struct LimitTests {
    private static let handshake: HTTPFields = [
        .upgrade: "websocket", .connection: "Upgrade", .secWebSocketVersion: "13",
        .secWebSocketKey: "dGhlIHNhbXBsZSBub25jZQ==",
    ]

    private func fixture(_ change: (inout ProgressLimits) -> Void) async -> Fixture {
        let fixture = Fixture { change(&$0.limits) }
        for path in ["/a", "/b"] { _ = await fixture.send(.put, path) }
        return fixture
    }

    private func watch(_ fixture: Fixture, _ path: String, as subject: String? = nil) -> WatchDecision {
        let request = Fixture.request(.get, path, Self.handshake)
        return fixture.api.watch(request, from: ProgressCaller(subject: subject))
    }

    private func send(
        _ fixture: Fixture,
        _ method: HTTPRequest.Method,
        _ path: String,
        as subject: String? = nil,
        _ fields: HTTPFields = [:]
    ) async -> Answer {
        let request = Fixture.request(method, path, fields)
        return Answer(await fixture.api.respond(to: request, body: [], from: ProgressCaller(subject: subject)))
    }

    private func refusal(_ decision: WatchDecision) throws -> Answer {
        guard case .refuse(let response) = decision else { throw ProgressProblem(title: "It was accepted.") }
        return Answer(response)
    }

    private func expect(_ answer: Answer, _ status: Int, _ problem: String, _ limit: ProgressLimit, of fixture: Fixture)
    {
        #expect(answer.status == status)
        #expect(answer.problem == problem)
        #expect(answer.json["limit"]?.stringValue == limit.rawValue)
        #expect(answer[.retryAfter] != nil)
        #expect(fixture.api.configuration.limitRefusals[limit] == 1)
    }

    @Test("Invariant 10: WebSockets, streams and long polls share the watcher limit of an operation, and release it")
    func watchersPerOperation() async throws {
        let fixture = await fixture { $0.watchersPerOperation = 2 }
        var places = [watch(fixture, "/a")]
        var stream: Answer? = await send(fixture, .get, "/a", [.accept: "text/event-stream"])
        #expect(stream?.status == 200)
        expect(try refusal(watch(fixture, "/a")), 503, "too-many-watchers", .watchersPerOperation, of: fixture)
        #expect(await send(fixture, .get, "/a", [.accept: "application/x-ndjson"]).problem == "too-many-watchers")
        let poll: HTTPFields = [.prefer: "wait=9", .ifNoneMatch: "\"e-0\""]
        #expect(await send(fixture, .get, "/a", poll).problem == "too-many-watchers")
        #expect(await send(fixture, .get, "/a").status == 200, "a GET is not a watcher")
        guard case .accept = watch(fixture, "/b") else { throw ProgressProblem(title: "Another one was refused.") }
        stream = nil
        places.append(watch(fixture, "/a"))
        guard case .accept = places[1] else { throw ProgressProblem(title: "A place was not given back.") }
        places = []
        for _ in 0..<10 { guard case .accept = watch(fixture, "/a") else { throw ProgressProblem(title: "Leaks.") } }
    }

    /// Returns a request that the proxy at 10.0.0.1 forwards for a client.
    private func request(of client: String, _ path: String, _ fields: HTTPFields = [:]) throws -> HTTPRequest {
        var fields = fields
        fields[try #require(HTTPField.Name("X-Forwarded-For"))] = client
        return Fixture.request(.get, path, fields)
    }

    @Test("behind a trusted proxy, requests, streams and WebSockets share the limit of an address, and release it")
    func requestsPerForwardedAddress() async throws {
        let proxies = try TrustedProxies(["10.0.0.0/8"])
        let fixture = Fixture {
            $0.trustedProxies = proxies
            $0.limits.requestsPerForwardedAddress = 2
        }
        _ = await fixture.send(.put, "/a")
        let proxy = ProgressCaller(address: "10.0.0.1")
        func watch(_ client: String, from caller: ProgressCaller) throws -> WatchDecision {
            fixture.api.watch(try request(of: client, "/a", Self.handshake), from: caller)
        }
        func read(_ client: String, _ fields: HTTPFields = [:]) async throws -> Answer {
            Answer(await fixture.api.respond(to: try request(of: client, "/a", fields), body: [], from: proxy))
        }
        for _ in 0..<10 { #expect(try await read("192.0.2.1").status == 200, "a response releases its request") }
        var socket: WatchDecision? = try watch("192.0.2.1", from: proxy)
        var stream: Answer? = try await read("192.0.2.1", [.accept: "text/event-stream"])
        let refused = try await read("192.0.2.1")
        expect(refused, 429, "too-many-connections-of-address", .connectionsPerAddress, of: fixture)
        #expect(try refusal(watch("192.0.2.1", from: proxy)).status == 429)
        let others = ["192.0.2.2", "10.0.0.7", "unknown"]
        for client in others { #expect(try await read(client).status == 200, "\(client)") }
        // A peer that is not a proxy is counted by its connection; its X-Forwarded-For has no effect.
        guard case .accept = try watch("192.0.2.1", from: ProgressCaller(address: "192.0.2.9")) else {
            throw ProgressProblem(title: "Refused.")
        }
        socket = nil
        #expect(try await read("192.0.2.1").status == 200)
        socket = try watch("192.0.2.1", from: proxy)
        #expect(try await read("192.0.2.1").status == 429)
        stream = nil
        #expect(try await read("192.0.2.1").status == 200)
        withExtendedLifetime((socket, stream)) {}
    }

    @Test("forwarded IPv6 addresses of one /64 share a limit; addresses of proxies have no limit")
    func forwardedNetworks() async throws {
        let proxies = try TrustedProxies(["10.0.0.0/8"])
        let fixture = Fixture {
            $0.trustedProxies = proxies
            $0.limits.requestsPerForwardedAddress = 1
        }
        _ = await fixture.send(.put, "/a")
        func watch(_ client: String) throws -> WatchDecision {
            fixture.api.watch(
                try request(of: client, "/a", Self.handshake),
                from: ProgressCaller(address: "10.0.0.1")
            )
        }
        var places = [try watch("2001:db8::1")]
        #expect(try refusal(watch("2001:db8::2")).problem == "too-many-connections-of-address")
        for client in ["2001:db8:0:1::1", "10.0.0.7", "10.0.0.7", "unknown", "unknown"] {
            places.append(try watch(client))
            guard case .accept = places.last else { throw ProgressProblem(title: "\(client) was refused.") }
        }
    }

    @Test("the watchers of a subject have a limit; watchers of other subjects and anonymous watchers do not count")
    func watchersPerSubject() async throws {
        let fixture = await fixture { $0.watchersPerSubject = 2 }
        var places = [watch(fixture, "/a", as: "s"), watch(fixture, "", as: "s")]
        #expect(places.count == 2)
        let refused = try refusal(watch(fixture, "/b", as: "s"))
        expect(refused, 429, "too-many-watchers-of-subject", .watchersPerSubject, of: fixture)
        for subject in ["t", nil, nil, nil] {
            guard case .accept = watch(fixture, "/b", as: subject) else { throw ProgressProblem(title: "Refused.") }
        }
        places = []
        #expect(await send(fixture, .get, "", as: "s", [.accept: "text/event-stream"]).status == 200)
    }

    @Test("the operations of a subject have a limit until they are deleted; a repeat with a key does not count")
    func operationsPerSubject() async throws {
        let fixture = await fixture { $0.operationsPerSubject = 2 }
        #expect(await send(fixture, .put, "/s1", as: "s").status == 201)
        let key = try #require(HTTPField.Name("Idempotency-Key"))
        #expect(await send(fixture, .post, "", as: "s", [key: "k"]).status == 201)
        let refused = await send(fixture, .put, "/s3", as: "s")
        expect(refused, 429, "too-many-operations-of-subject", .operationsPerSubject, of: fixture)
        #expect(await send(fixture, .post, "", as: "s", [key: "k2"]).status == 429)
        #expect(await send(fixture, .post, "", as: "s", [key: "k"]).status == 200)
        #expect(await send(fixture, .put, "/s1", as: "s").status == 200, "a report is not a creation")
        #expect(await send(fixture, .put, "/t1", as: "t").status == 201)
        #expect(await send(fixture, .put, "/n1").status == 201)
        #expect(await send(fixture, .delete, "/s1", as: "s").status == 204)
        #expect(await send(fixture, .post, "", as: "s", [key: "k2"]).status == 201)
        #expect(await send(fixture, .post, "", as: "s").status == 429)
    }

    @Test("a report past the rate gets Retry-After; an end is always accepted")
    func reportRate() async throws {
        let fixture = await fixture {
            $0.reportsPerSecond = 0.5
            $0.reportBurst = 2
        }
        for step in 0..<2 { #expect(await fixture.json(.patch, "/a", #"{"state":"\#(step)"}"#).status == 200) }
        let refused = await fixture.json(.patch, "/a", #"{"state":"3"}"#)
        expect(refused, 429, "too-many-reports", .reportRate, of: fixture)
        #expect(await fixture.json(.put, "/a", #"{"state":"3"}"#).status == 429)
        #expect(await fixture.json(.patch, "/b", #"{"state":"0"}"#).status == 200, "each operation has its own rate")
        let wait = try #require(refused[.retryAfter].flatMap { Int($0) })
        fixture.time.advance(by: .seconds(wait))
        #expect(await fixture.json(.patch, "/a", #"{"state":"4"}"#).status == 200)
        #expect(await fixture.json(.patch, "/a", #"{"state":"5"}"#).status == 429)
        #expect(await fixture.json(.patch, "/a", #"{"status":"succeeded"}"#).status == 200)
        #expect(await fixture.send(.get, "/a").json["state"] == "Succeeded")
    }

    @Test("each line of a batch counts as a report; the lines within the rate are applied")
    func batchRate() async {
        let fixture = await fixture {
            $0.reportsPerSecond = 1
            $0.reportBurst = 3
        }
        let lines = (1...5).map { #"{"state":"\#($0)"}"# }.joined(separator: "\n")
        let answer = await fixture.send(.patch, "/a", [.contentType: "application/x-ndjson"], lines)
        #expect(answer.problem == "too-many-reports")
        #expect(answer.json["line"]?.intValue == 4)
        #expect(answer.json["applied"]?.intValue == 3)
        #expect(await fixture.send(.get, "/a").json["state"] == "3")
    }

    @Test("the rates of operations without recent reports are removed")
    func ratesAreForgotten() throws {
        var limits = ProgressLimits()
        limits.reportsPerSecond = 10
        limits.reportBurst = 10
        let rates = ReportRates(limits: limits)
        for number in 0..<10_000 {
            let id = try #require(ProgressID("op-\(number)"))
            try rates.admit(ProgressReport(state: "x"), on: id, now: .milliseconds(number))
        }
        #expect(rates.count <= 1024)
    }
}
