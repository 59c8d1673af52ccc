// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// Finds out what became of a worker's question on the server, which has a number of its own for the question.
struct QuestionRelay: Sendable {
    /// The end of a question.
    struct End: Sendable, Hashable {
        /// The number of the question in the worker's journal.
        var number: Int
        /// The answer; `nil` if the question was withdrawn or replaced.
        var answer: ProgressAnswer?
    }

    /// The delivered question: its numbers in the worker's journal, and on the server if it accepted the question; its text there, and
    /// the generation of the server.
    private var asked: (here: Int, there: Int?, message: String?, generation: UInt32)?
    /// The last question that was closed, by its number and text on the server, which may open it again after a crash.
    private var closed: (number: Int, message: String?)?
    /// The newest snapshot of the server.
    private var newest: ProgressSnapshot?

    /// Whether a watch shows the newest snapshot of the server.
    var isWatched = false

    /// Whether the server has a question of this worker, whose answer only responses show.
    var needsResponses: Bool { asked != nil && !isWatched }

    /// Whether a watch has shown a restart of the server without the question: only a response tells whether it is lost.
    var isUncertain: Bool {
        guard let asked, let there = asked.there, let newest, newest.outcome == nil else { return false }
        return newest.cursor.generation > asked.generation && newest.waitingFor?.number != there
            && newest.lastAnswer?.number != there
    }

    /// Notes a snapshot of the server, from a response or from a watch; an older one has no effect.
    mutating func note(_ snapshot: ProgressSnapshot) {
        if let newest, newest.cursor.epoch == snapshot.cursor.epoch, newest.revision > snapshot.revision,
            newest.cursor.generation >= snapshot.cursor.generation
        {
            return
        }
        newest = snapshot
    }

    /// Notes that the server has accepted reports.
    ///
    /// - Parameters:
    ///   - number: The number of the question that is open after them in the worker's journal; `nil` if none is.
    ///   - snapshot: The snapshot in the response.
    ///   - before: The newest revision that the server is known to have had before.
    mutating func delivered(_ number: Int?, _ snapshot: ProgressSnapshot, after before: UInt64) {
        guard number != asked?.here else { return }
        // A repeated request gets a later snapshot, in which a person may have answered already.
        let last = snapshot.lastAnswer.flatMap { UInt64($0.number) > before ? $0.number : nil }
        noteClosed()
        let message = snapshot.waitingFor?.question.message ?? snapshot.lastAnswer?.message
        asked = number.map {
            (
                here: $0, there: snapshot.waitingFor?.number ?? last, message: message,
                generation: snapshot.cursor.generation
            )
        }
    }

    /// Continues with a server that may have lost the delivered question in a crash.
    ///
    /// - Parameters:
    ///   - snapshot: The operation as the server has it now.
    ///   - open: The question that is open in the worker's journal, if any.
    /// - Returns: Whether a report must open the worker's question again, or close a question of the worker that has ended.
    mutating func restart(from snapshot: ProgressSnapshot, open: ProgressQuestion.Open?) -> Bool {
        newest = nil
        let there = asked?.there
        guard let open else {
            defer { asked = nil }
            // Another worker's question is not withdrawn.
            guard let waiting = snapshot.waitingFor else { return false }
            let isClosed = closed.map { $0.number == waiting.number && $0.message == waiting.question.message }
            return waiting.number == there || isClosed == true
        }
        // After a crash, the number of a lost revision is used again.
        let isOpen = snapshot.waitingFor.map { $0.number == there && $0.question.message == open.question.message }
        let isAnswered = snapshot.lastAnswer.map { $0.number == there && $0.message == open.question.message }
        if asked?.here == open.number, isOpen == true || isAnswered == true {
            asked?.generation = snapshot.cursor.generation
            return false
        }
        asked = nil
        return true
    }

    /// Returns the end of the delivered question once; `nil` while the question is open.
    mutating func takeEnd() -> End? {
        // The end of the operation is more than the end of its question.
        guard let (here, there, _, _) = asked, newest?.outcome == nil, !isUncertain else { return nil }
        guard let there else {
            asked = nil
            return End(number: here)
        }
        guard let newest, newest.revision >= there, newest.waitingFor?.number != there else { return nil }
        noteClosed()
        asked = nil
        return End(number: here, answer: newest.lastAnswer.flatMap { $0.number == there ? $0 : nil })
    }

    private mutating func noteClosed() {
        if let asked, let there = asked.there { closed = (there, asked.message) }
    }
}
