// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Dispatch
import Synchronization

/// Searches lines for a regular expression of the user, on a thread of its own, and gives up an expression that takes too long.
///
/// The time of a search can grow exponentially with the line, as with `(a+)+$`, and a search cannot be interrupted. The thread that
/// copies the output must not wait for it.
final class PatternSearch: Sendable {
    /// The longest time of a search.
    static let limit = DispatchTimeInterval.milliseconds(500)

    // Sound: a `Regex` is not `Sendable`, because it compiles itself at its first use. Only the serial queue uses this one.
    private nonisolated(unsafe) let regex: Regex<AnyRegexOutput>
    private let queue = DispatchQueue(label: "live-progress.pattern")
    private let isGivenUp = Mutex(false)

    init(_ regex: Regex<AnyRegexOutput>) { self.regex = regex }

    /// Returns the texts of the named groups in the first match; `nil` without a match, and after a search that took too long.
    func groups(_ names: [String], in text: String) -> [String: String]? {
        guard !isGivenUp.withLock(\.self) else { return nil }
        let isDone = DispatchSemaphore(value: 0)
        let box = Found()
        queue.async { [self] in
            let match = try? regex.firstMatch(in: text)
            box.groups.withLock { groups in
                groups = match.map { match in
                    names.reduce(into: [:]) { $0[$1] = match.output[$1]?.substring.map(String.init) }
                }
            }
            isDone.signal()
        }
        guard isDone.wait(timeout: .now() + Self.limit) == .success else {
            isGivenUp.withLock { $0 = true }
            return nil
        }
        return box.groups.withLock(\.self)
    }

    /// The result, which a search that was given up may still write.
    private final class Found: Sendable {
        let groups = Mutex<[String: String]?>(nil)
    }
}
