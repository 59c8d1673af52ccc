// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Foundation
@_spi(Server) import LiveProgress
@_spi(Server) import LiveProgressWire
import Testing

@Suite("The vocabulary of snapshots")
struct SnapshotMemberTests {
    private static let openapi = "docs/api/openapi.yaml"
    private static let asyncapi = "docs/api/asyncapi.yaml"

    /// The values of members whose text has a special format; other members get a value of their type in openapi.yaml.
    private static let special: JSONObject = [
        "cursor": "k3f9-42", "revision": 42, "createdAt": "2026-01-02T03:04:05.000Z",
        "updatedAt": "2026-01-02T03:04:05.678Z", "labels": ["team": "data"],
        "waitingFor": [
            "number": 7, "kind": "input", "message": "Name?", "choices": ["a", "b"], "default": "a",
            "askedAt": "2026-01-02T03:04:05.000Z", "deadline": "2026-01-02T03:05:05.000Z",
        ],
        "lastAnswer": [
            "number": 5, "message": "Apply?", "answer": "yes", "answeredBy": "anna",
            "answeredAt": "2026-01-02T03:04:05.000Z", "isExpired": true,
        ],
    ]

    private static func value(of name: String, in properties: [String]) throws -> JSONValue {
        if let value = special[name] { return value }
        let document = try Document(openapi)
        let path = ["components", "schemas"] + properties + ["properties", name]
        if !document.names(at: path + ["properties"]).isEmpty {
            return .object(try object(at: properties + ["properties", name]))
        }
        let schema = document.text(at: path)
        return schema.contains("boolean")
            ? true
            : schema.contains("integer") || schema.contains("Count")
                ? 3
                : schema.contains("number") ? 0.5 : "said"
    }

    /// Returns an object that has every member of a schema in openapi.yaml.
    private static func object(at schema: [String]) throws -> JSONObject {
        let names = try Document(openapi).names(at: ["components", "schemas"] + schema + ["properties"])
        return JSONObject(try names.map { ($0, try value(of: $0, in: schema)) })
    }

    /// Returns operations that together have every member of the schema Operation in openapi.yaml.
    private static func operations() throws -> [JSONObject] {
        try [("succeeded", "result", "error"), ("failed", "error", "result")].map { status, kept, dropped in
            var operation = try object(at: ["Operation"])
            operation["status"] = .string(status)
            operation["error"] = ["type": "urn:x", "title": "T"]
            operation[dropped] = nil
            #expect(operation[kept] != nil)
            return operation
        }
    }

    private static func decode(_ object: JSONObject) throws -> ProgressSnapshot {
        try ProgressMessage.decodeSnapshot(JSONValue.object(object).description.utf8)
    }

    private static func event(_ snapshot: ProgressSnapshot) throws -> JSONObject {
        let event = ProgressEvent(kind: .end, snapshot: snapshot, skipped: 3, resumed: true)
        return try #require(JSONValue(parsing: ProgressMessage.encodeFull(event)).objectValue)
    }

    @Test("The decoder and the encoder use exactly the members of an operation in openapi.yaml")
    func coded() throws {
        for operation in try Self.operations() {
            let snapshot = try Self.decode(operation)
            let written = try #require(JSONValue(parsing: ProgressMessage.encodeSnapshot(snapshot)).objectValue)
            expectSame(operation.names, written.names, "openapi.yaml, Operation")
            expectSame(
                operation["progress"]?.objectValue?.names ?? [],
                written["progress"]?.objectValue?.names ?? [],
                "openapi.yaml, progress"
            )
            for (name, value) in operation {
                #expect(written[name] == value, "the encoded \(name) differs from the decoded value")
            }
        }
    }

    @Test("Each stored property of a snapshot is read from JSON")
    func everyProperty() throws {
        let others: JSONObject = [
            "cursor": "e.1-1", "id": "other", "status": "pending", "state": "other", "attempt": 1,
            "createdAt": "2020-01-01T00:00:00.000Z", "updatedAt": "2020-01-01T00:00:00.000Z",
        ]
        let least = try Self.properties(of: Self.decode(others))
        let full = try Self.operations().map { try Self.properties(of: Self.decode($0)) }
        for (name, value) in least {
            #expect(full.contains { $0[name] != value }, "no JSON member sets \(name)")
        }
    }

    /// Returns the stored properties of a snapshot, of its shared part and of its counts, as texts.
    private static func properties(of snapshot: ProgressSnapshot) -> [String: String] {
        var properties: [String: String] = [:]
        func add(_ value: Any) {
            for child in Mirror(reflecting: value).children {
                let mirror = Mirror(reflecting: child.value)
                if mirror.displayStyle == .class, let shared = mirror.children.first {
                    add(shared.value)
                } else {
                    properties[child.label ?? ""] = String(reflecting: child.value)
                }
            }
        }
        add(snapshot)
        add(snapshot.counts ?? ProgressCounts(completedCount: 0))
        return properties
    }

    @Test("openapi.yaml lists exactly the members that a message adds to the operation")
    func events() throws {
        let document = try Document(Self.openapi)
        let operation = try Self.operations()[0]
        let written = try Self.event(Self.decode(operation))
        expectSame(
            document.names(at: ["components", "schemas", "Event", "allOf", "properties"]),
            written.names.filter { operation[$0] == nil },
            "openapi.yaml, Event"
        )
        let kinds = document.list("enum", at: ["components", "schemas", "Event", "allOf", "properties", "type"])
        expectSame(kinds, ProgressEvent.Kind.allCases.map(\.rawValue), "openapi.yaml, the types of Event")
        let statuses = document.list("enum", at: ["components", "schemas", "Status"])
        expectSame(statuses, ProgressStatus.allCases.map(\.rawValue), "openapi.yaml, Status")
    }

    @Test("The examples of asyncapi.yaml contain only known members")
    func examples() throws {
        let document = try Document(Self.asyncapi)
        let known = try Self.operations().flatMap { try Self.event(Self.decode($0)).names }
        let shown = document.names(at: ["components", "messages", "event", "examples", "payload"])
        #expect(shown.contains("progress"))
        expectSame(shown, Set(known).intersection(shown), "asyncapi.yaml, the example of event")
        let plain = try JSONValue(parsing: ProgressMessage.encodePlain(Self.decode(Self.operations()[0])))
        let required = document.list("required", at: ["components", "messages", "plain"])
        expectSame(required, plain.objectValue?.names ?? [], "asyncapi.yaml, plain")
    }

    @Test("The pages, with the module on which they are built, read each member of a message and no unknown member")
    func pages() throws {
        let files = ["place", "connection", "words"].map { "clients/js/lib/\($0).js" }
        let pages = Document.paths(below: ["Sources/LiveProgressPages/Web"], suffix: ".js").filter {
            !$0.contains("/client/")
        }
        let text = try (files + pages).map { try Document($0).text }.joined(separator: "\n")
        var read: Set<String> = []
        // The patterns must not match the name live-progress.v1.
        for pattern in [/[^\w-]message\??\.(\w+)/, /[^\w-]progress\??\.(\w+)/] {
            for match in text.matches(of: pattern) { read.insert(String(match.1)) }
        }
        for match in text.matches(of: /const \{ ([^}]*) \} = (?:this\.|\/\*\*[^\/]*\/ \()?(?:message|progress)\b/) {
            for name in match.1.split(separator: ",") {
                read.insert(name.split(separator: ":")[0].trimmingCharacters(in: .whitespaces))
            }
        }
        // The cursor contains the revision.
        read.insert("revision")
        let messages = try Self.operations().map { try Self.event(Self.decode($0)) }
        let counts = messages.flatMap { $0["progress"]?.objectValue?.names ?? [] }
        expectSame(read, messages.flatMap(\.names) + counts, "the scripts of the pages")
    }

    @Test("The types of the JavaScript module list each status, and the pages have a colour for each")
    func statusesOfPages() throws {
        let types = try Document("clients/js/lib/types.js").lines
        let union = try #require(types.first { $0.contains("} Status ") })
        expectSame(
            union.matches(of: /"(\w+)"/).map { String($0.1) },
            ProgressStatus.allCases.map(\.rawValue),
            "types.js, Status"
        )
        let tones = try Document("Sources/LiveProgressPages/Web/operation-page.js").lines
            .drop { !$0.hasPrefix("const tones") }.dropFirst().prefix { !$0.hasPrefix("}") }.joined()
        expectSame(tones.matches(of: /(\w+):\s/).map { String($0.1) }, ProgressStatus.allCases.map(\.rawValue), "tones")
    }

    @Test("The JavaScript module handles each type of message")
    func typesOfMessages() throws {
        let module = try ["place", "shared"].map { try Document("clients/js/lib/\($0).js").text }.joined()
        for kind in ProgressEvent.Kind.allCases where kind != .update {
            #expect(module.contains("\"\(kind.rawValue)\""), "the module does not handle \(kind)")
        }
    }
}
