// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgressClient
import LiveProgressClientTLS

/// The code of the article "Securing".
enum Securing {
    static func client(token: String) throws {
        var configuration = ProgressClient.Configuration()
        configuration.security = try ClientTLS(trusting: .file("ca.pem"))
        configuration.token = token
        let client = try ProgressClient(url: "https://progress.example.org", configuration: configuration)
        print(client.server)
    }
}
