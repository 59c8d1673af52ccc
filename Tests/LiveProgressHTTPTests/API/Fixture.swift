// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import HTTPTypes
import LiveProgress
import LiveProgressHTTP
import LiveProgressTesting
import Synchronization

/// An API with a manual clock and predictable identifiers and epochs.
///
/// Generated identifiers are `op-1`, `op-2`, …; the epoch is `e` unless a test passes other epochs.
struct Fixture {
    let time = ManualClock()
    let service: ProgressService
    let api: ProgressAPI

    init(
        journalCapacity: Int = 64,
        maximumOperations: Int = 1000,
        epochs: [String] = ["e"],
        _ configure: (inout ProgressAPI.Configuration) -> Void = { _ in }
    ) {
        let counter = Counter()
        var configuration = ProgressService.Configuration()
        configuration.clock = time.clock
        let epochCounter = Counter()
        configuration.makeEpoch = { epochs[min(epochCounter.next(), epochs.count) - 1] }
        configuration.makeID = { ProgressID("op-\(counter.next())")! }
        configuration.journalCapacity = journalCapacity
        configuration.maximumOperations = maximumOperations
        service = ProgressService(configuration: configuration)
        var apiConfiguration = ProgressAPI.Configuration()
        configure(&apiConfiguration)
        api = ProgressAPI(service: service, configuration: apiConfiguration)
    }

    /// Sends a request to a path below `/api/v1/progress`.
    func send(
        _ method: HTTPRequest.Method,
        _ path: String = "",
        _ fields: HTTPFields = [:],
        _ body: String = ""
    ) async -> Answer {
        Answer(await api.respond(to: Self.request(method, path, fields), body: Array(body.utf8)))
    }

    /// Sends a request with a JSON body.
    func json(_ method: HTTPRequest.Method, _ path: String, _ body: String, _ fields: HTTPFields = [:]) async -> Answer
    {
        var fields = fields
        fields[.contentType] = "application/json"
        return await send(method, path, fields, body)
    }

    /// Sends a request with a form body, like `curl -d`.
    func form(_ method: HTTPRequest.Method, _ path: String, _ body: String, _ fields: HTTPFields = [:]) async -> Answer
    {
        var fields = fields
        fields[.contentType] = "application/x-www-form-urlencoded"
        return await send(method, path, fields, body)
    }

    static func request(_ method: HTTPRequest.Method, _ path: String, _ fields: HTTPFields = [:]) -> HTTPRequest {
        HTTPRequest(
            method: method,
            scheme: "http",
            authority: "localhost",
            path: "/api/v1/progress" + path,
            headerFields: fields
        )
    }
}

private final class Counter: Sendable {
    private let value = Atomic<Int>(0)

    func next() -> Int {
        value.add(1, ordering: .relaxed).newValue
    }
}

/// A response, with accessors for the tests.
struct Answer {
    let response: ProgressResponse

    init(_ response: ProgressResponse) {
        self.response = response
    }

    var status: Int { response.head.status.code }

    subscript(name: HTTPField.Name) -> String? { response.head.headerFields[name] }

    subscript(name: String) -> String? { HTTPField.Name(name).flatMap { response.head.headerFields[$0] } }

    var bytes: [UInt8] {
        if case .bytes(let bytes) = response.body { bytes } else { [] }
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    var json: JSONValue { (try? JSONValue(parsing: text)) ?? .null }

    var isEmpty: Bool {
        if case .empty = response.body { true } else { false }
    }

    /// The last part of the problem type, or `nil` if the body is no valid problem with the response's status.
    var problem: String? {
        let prefix = ProgressProblem.typePrefix
        guard self[.contentType] == "application/problem+json", json["status"]?.intValue == Int64(status),
            let type = json["type"]?.stringValue, type.hasPrefix(prefix),
            json["title"]?.stringValue?.isEmpty == false, json["detail"]?.stringValue?.isEmpty == false
        else { return nil }
        return String(type.dropFirst(prefix.count))
    }

    var stream: ProgressBodyStream? {
        if case .stream(let stream) = response.body { stream } else { nil }
    }
}

extension ProgressBodyStream.Iterator {
    /// Returns the next chunk as text.
    mutating func text() async -> String? {
        await next().map { String(decoding: $0, as: UTF8.self) }
    }
}
