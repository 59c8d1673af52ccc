// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressNIO
import NIOCore
import NIOSSL
import Testing

@Suite("Random schedules over TLS")
struct EncryptedScheduleTests {
    @Test(
        "Invariants 2 to 6 and 11: encrypted bytes are written through the channel, all of them and in order",
        arguments: WritePath.allCases
    )
    func everyByteInItsPlace(path: WritePath) async throws {
        let contexts = try Contexts()
        let run = ScheduleRun(
            path: path,
            securing: { child in
                try child.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: contexts.server))
            },
            makeCodec: { try TLSCodec(contexts.client) }
        )
        let seeds = ScheduleRun.seeds(byDefault: 50)
        let tally = try await run(seeds)
        guard seeds.count >= 50 else { return }
        #expect(tally.jumps > 0, "watchers skipped revisions")
        #expect(tally.pongs > 0 && tally.errors > 0, "pongs and errors were sent between the messages")
    }

    /// The TLS contexts of both sides, with a certificate that is used only here.
    private struct Contexts: Sendable {
        let server: NIOSSLContext
        let client: NIOSSLContext

        init() throws {
            let certificate = try NIOSSLCertificate(bytes: Array(Self.certificate.utf8), format: .pem)
            let key = try NIOSSLPrivateKey(bytes: Array(Self.key.utf8), format: .pem)
            let configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: [.certificate(certificate)],
                privateKey: .privateKey(key)
            )
            server = try NIOSSLContext(configuration: configuration)
            var trusting = TLSConfiguration.makeClientConfiguration()
            trusting.certificateVerification = .none
            client = try NIOSSLContext(configuration: trusting)
        }

        private static let key = """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgt93wgYfbL73us5dt
            0B1dpvN5ueNRxoH96NwnpCmPC0ehRANCAATi3KM9+Xfnk9hhArlgXtwtAnMmsf/R
            0VCRRSnaU8ThX18+Dgp4KgoJUoAiElQJC3fwO+WL3W/7XSzrq32ZyUBk
            -----END PRIVATE KEY-----
            """

        private static let certificate = """
            -----BEGIN CERTIFICATE-----
            MIIBfzCCASWgAwIBAgIUEL54ZAAMFXEDOvUXmkn+YZj3y44wCgYIKoZIzj0EAwIw
            FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDIwNTEzOVoYDzIxMjYxMDMx
            MjA1MTM5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
            PQMBBwNCAATi3KM9+Xfnk9hhArlgXtwtAnMmsf/R0VCRRSnaU8ThX18+Dgp4KgoJ
            UoAiElQJC3fwO+WL3W/7XSzrq32ZyUBko1MwUTAdBgNVHQ4EFgQUib7FfwB9rv5u
            LCJeh3rTZmc9Ql0wHwYDVR0jBBgwFoAUib7FfwB9rv5uLCJeh3rTZmc9Ql0wDwYD
            VR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiA30qV0mY0lVkCMWIQmI/8K
            zT7sn/0YmeOiLNfVM7+76AIhAJj+tOcjzuihAwtgS7GT7UbdTF3AXHWev+leGdp6
            iAiW
            -----END CERTIFICATE-----
            """
    }
}
