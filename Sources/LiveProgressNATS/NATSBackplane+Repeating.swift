// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import NATSClient

extension NATSBackplane {
    /// Repeats a call until it succeeds, or fails in another way, or the time limit has passed.
    ///
    /// - Parameters:
    ///   - limit: The time limit; `nil` for that of a write or a read.
    ///   - mayRepeat: Whether the call is safe to repeat after an error, and may then succeed.
    ///   - call: The call.
    /// - Returns: What the call returns.
    /// - Throws: The last error of the call.
    func repeating<Answer>(
        within limit: Duration? = nil,
        while mayRepeat: (NATSError) -> Bool,
        _ call: () async throws(NATSError) -> Answer
    ) async throws(NATSError) -> Answer {
        let deadline = ContinuousClock.now + (limit ?? configuration.timeout)
        while true {
            do throws(NATSError) {
                return try await call()
            } catch {
                guard mayRepeat(error), ContinuousClock.now < deadline, !Task.isCancelled else { throw error }
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// Reads from the stream, which may have no leader for a while, or may be lost.
    func reading<Answer>(_ read: () async throws(NATSError) -> Answer) async throws(NATSError) -> Answer {
        try await repeating(while: \.isTransient) { () async throws(NATSError) in
            do throws(NATSError) {
                return try await read()
            } catch {
                guard error.code == .streamNotFound else { throw error }
                await restoreStream()
                return try await read()
            }
        }
    }
}

extension NATSError {
    /// Whether the same call may succeed a moment later.
    var isTransient: Bool {
        isOutcomeUnknown || code == .noResponders || code == .unavailable || code == .notConnected
    }
}
