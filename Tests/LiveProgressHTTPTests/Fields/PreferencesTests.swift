// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Testing

@testable import LiveProgressHTTP

@Suite("The Prefer header field")
struct PreferencesTests {
    @Test(
        "The preferences wait and return are parsed; all others are ignored",
        arguments: [
            (nil, nil, nil),
            ("", nil, nil),
            ("wait=30", 30, nil),
            ("Wait = 30", 30, nil),
            ("wait=\"30\"", 30, nil),
            ("return=minimal", nil, .minimal),
            ("return=representation, wait=5", 5, .representation),
            ("respond-async, wait=10; x=y; z, return=minimal;foo=\"a,b\"", 10, .minimal),
            ("wait=1, wait=2, return=minimal, return=representation", 1, .minimal),
            ("wait=-1", nil, nil),
            ("wait=1.5", nil, nil),
            ("wait", nil, nil),
            ("wait=", nil, nil),
            ("wait=99999999999999999999999", Int.max, nil),
            ("return=everything", nil, nil),
            ("@@@, wait=3", 3, nil),
            ("foo=\"unclosed, wait=3", 3, nil),
        ] as [(String?, Int?, Preferences.Representation?)]
    )
    func reads(field: String?, wait: Int?, representation: Preferences.Representation?) {
        let preferences = Preferences(field)
        #expect(preferences.wait == wait)
        #expect(preferences.representation == representation)
    }
}
