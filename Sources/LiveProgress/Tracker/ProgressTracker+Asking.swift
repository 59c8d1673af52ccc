// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension ProgressTracker {
    /// Asks a person a question, and waits for the answer; meanwhile the operation is ``ProgressStatus/waiting``.
    ///
    /// ```swift
    /// let answer = try await tracker.ask("Apply 3 changes?", choices: ["yes", "no"], default: "no", within: .seconds(60))
    /// if answer == "yes" { try await apply() }
    /// ```
    /// Every client with the permission to answer can answer, once: on the page, with `live-progress answer`, or by
    /// `POST …/{id}/answer`. The question, the answer and the subject that gave it are shown to every watcher, so do not
    /// ask for a secret. The time does not count for the rate. If several tasks ask at once, they ask one after the other.
    ///
    /// ``noop`` cannot be watched: it returns the default answer at once, or throws `unanswered`.
    ///
    /// - Parameters:
    ///   - message: The question: 1 to 4096 bytes.
    ///   - choices: The possible answers: at most 16, each of 1 to 256 bytes; none permits any text of 1 to 4096 bytes.
    ///   - defaultAnswer: The answer at the end of the time limit; needs a time limit.
    ///   - timeLimit: The time to answer; `nil` waits without a limit.
    ///   - kind: What a person is asked for.
    /// - Returns: The answer.
    /// - Throws: ``ProgressError``: `unanswered` at the time limit without a default answer, or if another worker has
    ///   replaced or withdrawn the question; `ended`; `invalid-report` for a question outside these rules.
    ///   `CancellationError` if the task is cancelled, or a client asks the operation to stop.
    public func ask(
        _ message: String,
        choices: [String] = [],
        default defaultAnswer: String? = nil,
        within timeLimit: Duration? = nil,
        kind: ProgressQuestion.Kind = .question
    ) async throws -> String {
        let question = ProgressQuestion(
            message,
            choices: choices,
            default: defaultAnswer,
            within: timeLimit,
            kind: kind
        )
        guard let journal else {
            try question.validate()
            guard let defaultAnswer else { throw ProgressError.unanswered("Nobody can watch this operation.") }
            return defaultAnswer
        }
        return try await journal.ask(question)
    }
}
