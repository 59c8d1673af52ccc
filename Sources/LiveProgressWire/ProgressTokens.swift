// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The capability tokens of a new operation, in the answer to its creation.
public struct ProgressTokens: Sendable, Hashable {
    /// For its worker: report, and see what is asked of it.
    public var report: String
    /// For those who may watch.
    public var watch: String

    /// A pair of tokens.
    public init(report: String, watch: String) {
        self.report = report
        self.watch = watch
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("report")
        writer.write(report)
        writer.member("watch")
        writer.write(watch)
        writer.endObject()
    }
}

extension ProgressTokens: CustomStringConvertible {
    /// Says nothing of the tokens, lest they stand in a log.
    public var description: String { "ProgressTokens" }
}
