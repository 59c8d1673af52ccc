// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import Testing

@testable import LiveProgressServer

@Suite("The place where a server keeps its operations")
struct StoreLocationTests {
    @Test(
        "Without an option, the file is in the state directory of the service, or else of the user",
        arguments: [
            (["STATE_DIRECTORY": "/var/lib/a:/var/lib/b", "HOME": "/home/u"], "/var/lib/a/progress.sqlite"),
            (["XDG_STATE_HOME": "/home/u/state/", "HOME": "/home/u"], "/home/u/state/live-progress/progress.sqlite"),
            (["XDG_STATE_HOME": "relative", "HOME": "/home/u"], "/home/u/.local/state/live-progress/progress.sqlite"),
            ([:], "/var/lib/live-progress/progress.sqlite"),
        ]
    )
    func standard(environment: [String: String], path: String) {
        #expect(StoreLocation.standard(environment) == .standardFile(path))
    }

    @Test("The option names a file, or memory", arguments: [("memory", nil), ("a/b.sqlite", "a/b.sqlite")])
    func option(text: String, path: String?) {
        #expect(StoreLocation(text).path == path)
    }

    @Test("A folder that cannot be created is an error that names the way out")
    func folder() {
        let error = #expect(throws: ProgressStoreError.self) {
            try StoreLocation.standardFile("/dev/null/x/progress.sqlite").createFolder()
        }
        #expect(error?.message.contains("--store") == true)
    }
}
