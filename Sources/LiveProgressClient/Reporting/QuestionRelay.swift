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

    /// The numbers of the delivered question: in the worker's journal, and on the server if it accepted the question; and the
    /// generation of the server.
    private var asked: (here: Int, there: Int?, generation: UInt32)?
    /// The last answer, whose question the server may open again after a crash.
    private var answered: ProgressAnswer?
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
        asked = number.map {
            (here: $0, there: snapshot.waitingFor?.number ?? last, generation: snapshot.cursor.generation)
        }
    }

    /// Continues with a server that may have lost the delivered question in a crash.
    ///
    /// - Parameters:
    ///   - snapshot: The operation as the server has it now.
    ///   - open: The question that is open in the worker's journal, if any.
    /// - Returns: Whether the worker must report its question, or that it has withdrawn its question.
    mutating func restart(from snapshot: ProgressSnapshot, open: ProgressQuestion.Open?) -> Bool {
        newest = nil
        let there = asked?.there
        guard let open else {
            defer { asked = nil }
            // Another worker's question is not withdrawn.
            guard let waiting = snapshot.waitingFor else { return false }
            let isAnswered = answered.map { $0.number == waiting.number && $0.message == waiting.question.message }
            return waiting.number == there || isAnswered == true
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
        guard let (here, there, _) = asked, newest?.outcome == nil, !isUncertain else { return nil }
        guard let there else {
            asked = nil
            return End(number: here)
        }
        guard let newest, newest.revision >= there, newest.waitingFor?.number != there else { return nil }
        asked = nil
        let answer = newest.lastAnswer.flatMap { $0.number == there ? $0 : nil }
        answered = answer ?? answered
        return End(number: here, answer: answer)
    }
}
