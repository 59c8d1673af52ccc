// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

@_spi(Server) import LiveProgressHTTP
import Testing

@Suite("Security header fields for browsers")
struct SafeFieldsTests {
    @Test(
        "Strict-Transport-Security applies only to host names, not to localhost or IP addresses",
        arguments: [
            ("progress.example", true), ("Progress.Example:8443", true), ("localhost", false),
            ("LOCALHOST:8443", false),
            ("a.localhost:1", false), ("127.0.0.1:8443", false), ("192.0.2.7", false), ("[2001:db8::1]:443", false),
            ("", false), (":8080", false), (nil, false),
        ] as [(String?, Bool)]
    )
    func insists(authority: String?, insists: Bool) {
        #expect(SafeFields.insists(on: authority) == insists)
    }
}
