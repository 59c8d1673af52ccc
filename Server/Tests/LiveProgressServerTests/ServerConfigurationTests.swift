// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Configuration
import FoundationEssentials
import LiveProgress
import Logging
import Testing

@testable import LiveProgressServer

@Suite("The server's configuration")
struct ServerConfigurationTests {
    @Test("options override the environment, the environment overrides the file, and the file overrides the defaults")
    func precedence() async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "live-progress-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        let yaml = "host: 127.0.0.9\nport: 1\nlogLevel: debug\nmaximumOperations: 7\norigins: [\"https://a.example\"]\n"
        try Data(yaml.utf8).write(to: file)
        let configuration = try await ServerConfiguration.read(
            options: ["port": 3],
            file: file.path,
            environment: [
                "LIVE_PROGRESS_PORT": "2", "LIVE_PROGRESS_LOG_LEVEL": "error", "LIVE_PROGRESS_INSECURE": "true",
                "LIVE_PROGRESS_COMPRESSION": "true", "PORT": "9",
            ]
        )
        #expect(configuration.port == 3)
        #expect(configuration.logLevel == .error)
        #expect(configuration.isInsecure)
        #expect(configuration.compression.isEnabled)
        #expect(!ServerConfiguration().compression.isEnabled)
        #expect(configuration.host == "127.0.0.9")
        #expect(configuration.service.maximumOperations == 7)
        #expect(configuration.origins == ["https://a.example"])
        #expect(configuration.store == .standardFile("/var/lib/live-progress/progress.sqlite"))
    }

    @Test(
        "an unknown key of the file is refused by name",
        arguments: ["orgins: []", "port: 1\nmaximumConection: 5", "Port: 1"]
    )
    func unknownKey(yaml: String) async throws {
        let file = FileManager.default.temporaryDirectory.appending(path: "live-progress-\(UUID().uuidString).yaml")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(yaml.utf8).write(to: file)
        let error = await #expect(throws: ServerConfigurationError.self) {
            try await ServerConfiguration.read(options: [:], file: file.path, environment: [:])
        }
        let key = try #require(yaml.split(separator: "\n").last?.split(separator: ":").first)
        #expect(error?.message.contains("\(file.path) has the unknown key \(key);") == true, "\(error?.message ?? "")")
    }

    @Test("environment variables that nothing reads are named, and those of the tool are not")
    func unknownVariables() async throws {
        let names = ["BACKPLAIN", "MAXIMUM_BODYSIZES", "TOKEN", "URL", "CONFIG_FILE"]
        var environment = ["PATH": "/bin", "LIVE_PROGRESS": "1", "LIVE_PROGRESS_BACKPLANE": "nats://127.0.0.1:1"]
        for name in names { environment["LIVE_PROGRESS_\(name)"] = "" }
        environment["LIVE_PROGRESS_MAXIMUM_BODY_SIZE"] = "5000"
        let configuration = try await ServerConfiguration.read(options: [:], file: nil, environment: environment)
        let unknown = ["BACKPLAIN", "CONFIG_FILE", "MAXIMUM_BODYSIZES"].map { "LIVE_PROGRESS_\($0)" }
        #expect(configuration.unknownVariables == unknown)
    }

    @Test("an environment variable can name the file")
    func fileFromEnvironment() async throws {
        await #expect(throws: ServerConfigurationError.self) {
            _ = try await ServerConfiguration.read(
                options: [:],
                file: nil,
                environment: ["LIVE_PROGRESS_CONFIG": "/nowhere/at/all.yaml"]
            )
        }
    }

    @Test(
        "the error for an invalid value names the key and the valid values",
        arguments: [
            ("LIVE_PROGRESS_PORT", "70000", "port", "0 to 65535"),
            ("LIVE_PROGRESS_PORT", "http", "port", "0 to 65535"),
            ("LIVE_PROGRESS_INSECURE", "perhaps", "insecure", "true or false"),
            ("LIVE_PROGRESS_COMPRESSION", "gzip", "compression", "true or false"),
            ("LIVE_PROGRESS_LOG_LEVEL", "loud", "logLevel", "warning"),
            ("LIVE_PROGRESS_MAXIMUM_OPERATIONS", "0", "maximumOperations", "1 to"),
            ("LIVE_PROGRESS_HOST", "", "host", "127.0.0.1"),
            ("LIVE_PROGRESS_ORIGINS", "https://a.example,b.example", "origins", "https://example.com"),
            ("LIVE_PROGRESS_ORIGINS", "*", "origins", "https://example.com"),
            ("LIVE_PROGRESS_ORIGINS", "https://a.example/", "origins", "https://example.com"),
        ]
    )
    func badValues(variable: String, value: String, key: String, hint: String) async throws {
        let error = await #expect(throws: ServerConfigurationError.self) {
            _ = try await ServerConfiguration.read(options: [:], file: nil, environment: [variable: value])
        }
        #expect(error?.message.contains(key) == true)
        #expect(error?.message.contains(hint) == true)
    }

    @Test(
        "without --insecure, the server listens only on the loopback address",
        arguments: [
            ("127.0.0.1", true), ("127.8.9.1", true), ("localhost", true), ("LOCALHOST", true), ("::1", true),
            ("[::1]", true), ("a.localhost", true), ("0.0.0.0", false), ("::", false), ("192.168.1.1", false),
            ("127.0.0.1.example.com", false), ("127.0.0", false), ("example.com", false), ("128.0.0.1", false),
        ]
    )
    func loopbackOnly(host: String, isServed: Bool) {
        var configuration = ServerConfiguration()
        configuration.host = host
        if isServed {
            #expect(throws: Never.self) { try configuration.validate() }
        } else {
            let error = #expect(throws: ServerConfigurationError.self) { try configuration.validate() }
            #expect(error?.message.contains("--insecure") == true)
            configuration.isInsecure = true
            #expect(throws: Never.self) { try configuration.validate() }
        }
    }
}
