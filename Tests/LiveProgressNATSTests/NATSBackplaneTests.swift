// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressNATS
import LiveProgressTesting
import NATSClient
import Testing

@Suite("A backplane on real NATS servers")
struct NATSBackplaneTests {
    @Test("One server keeps every promise", arguments: BackplaneConformance.cases, NATSServer.programs)
    func singleServer(_ conformance: BackplaneConformance, program: String) async throws {
        await #expect(throws: Never.self) {
            try await conformance.run {
                let folder = try TemporaryFolder()
                let settings = "jetstream { store_dir: \"\(folder.path)/js\" }"
                let server = try await NATSServer(settings, program: program, in: folder)
                return NATSMedium(servers: [server], folder: folder)
            }
        }
    }

    @Test("A record that is too large for a message is refused, and nothing is written")
    func tooLarge() async throws {
        let folder = try TemporaryFolder()
        let settings = "max_payload: 64KB, jetstream { store_dir: \"\(folder.path)/js\" }"
        let medium = NATSMedium(servers: [try await NATSServer(settings, in: folder)], folder: folder)
        let backplane = try await medium.connect()
        try await backplane.join(BackplaneNode(name: "a", respond: { $0 }, hear: { _ in }))
        let draft = BackplaneDraft(owner: "a", payload: [UInt8](repeating: 7, count: 70_000))
        let error = await #expect(throws: BackplaneError.self) {
            try await backplane.write(draft, of: "x", expecting: 0)
        }
        #expect(error?.code == .tooLarge)
        #expect(try await backplane.read("x") == nil)
        await backplane.leave()
    }
}

/// NATS servers whose stream is new.
struct NATSMedium: BackplaneMedium {
    let servers: [NATSServer]
    let folder: TemporaryFolder

    func connect() async throws -> any ProgressBackplane {
        let addresses = try servers.map { try $0.address() }
        return NATSBackplane(NATSBackplane.Configuration(servers: addresses))
    }

    func pass(_ time: Duration) async throws {
        // The servers have the system's clock.
        try await Task.sleep(for: time)
    }
}
