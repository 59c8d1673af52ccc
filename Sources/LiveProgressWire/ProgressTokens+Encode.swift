// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

extension ProgressTokens {
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("report")
        writer.write(report)
        writer.member("watch")
        writer.write(watch)
        writer.endObject()
    }
}
