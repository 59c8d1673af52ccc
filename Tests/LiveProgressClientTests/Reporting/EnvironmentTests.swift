// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressClient

@Suite("The client of the environment")
struct EnvironmentTests {
    private static let operation = "http://127.0.0.1:8080/api/v1/progress/import-7"

    static let table: [([String: String], server: String?, operation: String?, isGuest: Bool)] = [
        ([:], nil, nil, true),
        (["SERVER": "http://127.0.0.1:8080"], "http://127.0.0.1:8080", nil, true),
        (["URL": "http://127.0.0.1:8080"], "http://127.0.0.1:8080", nil, true),
        (["URL": operation], "http://127.0.0.1:8080", "import-7", true),
        (["URL": operation, "OWNER": "1"], "http://127.0.0.1:8080", "import-7", false),
        (["URL": operation, "SERVER": "http://127.0.0.1:9"], "http://127.0.0.1:8080", "import-7", true),
        (["URL": "", "SERVER": "http://127.0.0.1:8080"], "http://127.0.0.1:8080", nil, true),
        (["URL": operation, "DISABLED": "1"], nil, nil, true),
        (["URL": operation, "DISABLED": "0"], "http://127.0.0.1:8080", "import-7", true),
    ]

    @Test("The variables name a server, and possibly an operation", arguments: table)
    func variables(_ row: ([String: String], server: String?, operation: String?, isGuest: Bool)) throws {
        let environment = Dictionary(uniqueKeysWithValues: row.0.map { ("LIVE_PROGRESS_\($0)", $1) })
        let client = try ProgressClient.fromEnvironment(environment)
        #expect(client?.server.url == row.server)
        #expect(client?.operation?.rawValue == row.operation)
        if client?.operation != nil { #expect(client?.isGuest == row.isGuest) }
    }

    @Test("The token replaces the one of the configuration")
    func token() throws {
        var configuration = ProgressClient.Configuration()
        configuration.token = "configured"
        for (token, expected) in [("mine", "mine"), ("", "configured")] {
            let environment = ["LIVE_PROGRESS_URL": Self.operation, "LIVE_PROGRESS_TOKEN": token]
            let client = try ProgressClient.fromEnvironment(environment, configuration: configuration)
            #expect(client?.configuration.token == expected)
        }
    }

    @Test(
        "A URL that cannot be used is an error, not silence",
        arguments: [
            ("nowhere", ProgressClientError.Code.invalidURL), ("ftp://h/x", .unsupportedScheme),
            ("https://h/api/v1/progress/a", .unsupportedScheme),
        ]
    )
    func unusable(url: String, code: ProgressClientError.Code) throws {
        let error = #expect(throws: ProgressClientError.self) {
            try ProgressClient.fromEnvironment(["LIVE_PROGRESS_URL": url])
        }
        #expect(error?.code == code)
    }

    @Test("Without a client, work runs and reports nowhere")
    func none() async throws {
        let client: ProgressClient? = nil
        let isNoop = try await client.run("Import") { $0.isNoop && ProgressTracker.current.isNoop }
        #expect(isNoop)
    }
}
