// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FoundationEssentials
internal import FuzzSupport
internal import HTTPTypes

@testable internal import LiveProgress
@_spi(Server) @testable internal import LiveProgressHTTP
@_spi(Server) @testable internal import LiveProgressWire

/// An API with one operation and a clock that stands still; checks every response.
struct Server {
    private let api: ProgressAPI

    init() {
        var configuration = ProgressService.Configuration()
        // A sleeping task is woken immediately with an error, so that no task is left after the script.
        configuration.clock = ProgressClock(
            now: { .zero },
            date: { Date(timeIntervalSince1970: 1_800_000_000) },
            sleep: { _ in throw CancellationError() }
        )
        configuration.makeEpoch = { "e" }
        configuration.journalCapacity = 4
        configuration.maximumOperations = 4
        var limits = ProgressAPI.Configuration()
        limits.limits.maximumBodySize = 4096
        limits.maximumWait = .zero
        limits.maximumIdempotencyKeys = 2
        let service = ProgressService(configuration: configuration)
        let page: @Sendable () -> HTMLPage = { HTMLPage(body: Array("<p>".utf8)) }
        limits.pages = HTMLPages(operation: { _ in page() }, list: page)
        api = ProgressAPI(service: service, configuration: limits)
    }

    /// Creates the operation that each script uses.
    func setUp() async {
        let body = Array(#"{"id":"op","title":"T","labels":{"team":"data"},"cancellable":true,"lease":60}"#.utf8)
        let request = HTTPRequest(method: .post, scheme: nil, authority: nil, path: "/api/v1/progress")
        let answer = await api.respond(to: request, body: body)
        expectEqual(answer.head.status.code, 201, "the status of a creation")
    }

    /// Performs a request, and checks the response.
    func perform(_ step: Script.Step) async {
        if step.request.headerFields[.upgrade] != nil, case .refuse(let refusal) = api.watch(step.request) {
            expect((400...599).contains(refusal.head.status.code), "refused with \(refusal.head)")
            Judge(request: step.request, api: api).check(refusal)
        }
        let answer = await api.respond(to: step.request, body: step.body)
        Judge(request: step.request, api: api).check(answer)
        if case .stream(let stream) = answer.body { await read(stream, answer.head) }
    }

    /// Reads the first chunk of a stream, which must have whole events or lines; the stream ends when the API drains.
    private func read(_ stream: ProgressBodyStream, _ head: HTTPResponse) async {
        var iterator = stream.makeAsyncIterator()
        guard let chunk = await iterator.next() else { return }
        expect(chunk.last == UInt8(ascii: "\n"), "a chunk that ends within a line")
        guard head.headerFields[.contentType] == "application/x-ndjson" else { return }
        for line in chunk.split(separator: UInt8(ascii: "\n")) {
            do throws(WireError) {
                _ = try ProgressServerMessage(line)
            } catch {
                fail("a line that is no message: \(error)")
            }
        }
    }

    /// Ends all streams.
    func end() async {
        api.drain()
        expectEqual(api.streamCount, 0, "streams left")
    }
}
