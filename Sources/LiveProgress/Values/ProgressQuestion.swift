// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import FoundationEssentials

/// A question of a worker, which a person answers while the operation waits.
///
/// ```swift
/// let question = ProgressQuestion("Apply 3 changes?", choices: ["yes", "no"], default: "no", within: .seconds(60))
/// tracker.report(ProgressReport(waitingFor: .ask(question)))
/// ```
/// ``ProgressTracker/ask(_:choices:default:within:kind:)`` asks, and waits for the answer.
public struct ProgressQuestion: Sendable, Hashable {
    /// What a person is asked for; pages may show it in different ways.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// A decision.
        case question
        /// The permission to do something.
        case permission
        /// A text or a value.
        case input
    }

    /// A change of the open question by a report.
    public enum Change: Sendable, Hashable {
        /// Ask a question; it replaces an open question.
        case ask(ProgressQuestion)
        /// Withdraw the open question, if there is one.
        case withdraw
    }

    /// A question that waits for its answer.
    public struct Open: Sendable, Hashable {
        /// The number of the question, which an answer may name: the revision at which it was asked.
        public var number: Int
        /// The question; its time limit is the ``deadline``.
        public var question: ProgressQuestion
        /// The time at which it was asked.
        public var askedAt: Date
        /// The time at which the question is closed without an answer of a person; `nil` without a limit.
        public var deadline: Date?

        /// Creates an open question.
        public init(number: Int, question: ProgressQuestion, askedAt: Date, deadline: Date? = nil) {
            self.number = number
            self.question = question
            self.askedAt = askedAt
            self.deadline = deadline
        }
    }

    /// The largest size of a message, and of an answer that is no choice, in UTF-8 bytes.
    package static let maximumTextSize = 4096
    /// The largest number of choices.
    package static let maximumChoiceCount = 16
    /// The largest size of a choice in UTF-8 bytes.
    package static let maximumChoiceSize = 256

    /// What a person is asked for.
    public var kind: Kind
    /// The question: 1 to 4096 bytes.
    public var message: String
    /// The possible answers: at most 16, each of 1 to 256 bytes; if there are none, any text of 1 to 4096 bytes.
    public var choices: [String]
    /// The answer at the deadline; `nil` if the question then stays without an answer.
    public var defaultAnswer: String?
    /// The time to answer, from the moment at which the question is asked; `nil` without a limit.
    public var timeLimit: Duration?
    /// Whether watchers may answer; `false` if a person answers where the work runs, such as at the terminal of a command.
    public var isAnswerable: Bool

    /// Creates a question.
    public init(
        _ message: String,
        choices: [String] = [],
        default defaultAnswer: String? = nil,
        within timeLimit: Duration? = nil,
        kind: Kind = .question,
        isAnswerable: Bool = true
    ) {
        self.isAnswerable = isAnswerable
        self.kind = kind
        self.message = message
        self.choices = choices
        self.defaultAnswer = defaultAnswer
        self.timeLimit = timeLimit
    }
}

/// The answer to a question, or what became of a question at its deadline.
public struct ProgressAnswer: Sendable, Hashable {
    /// The number of the question.
    public var number: Int
    /// The question.
    public var message: String
    /// The answer; `nil` if the deadline passed and the question had no default answer.
    public var answer: String?
    /// The subject that answered; `nil` if it is unknown, or at the deadline.
    public var answeredBy: String?
    /// The time of the answer.
    public var answeredAt: Date
    /// Whether the deadline has closed the question.
    public var isExpired: Bool

    /// Creates an answer.
    public init(
        number: Int,
        message: String,
        answer: String?,
        answeredBy: String? = nil,
        answeredAt: Date,
        isExpired: Bool = false
    ) {
        self.number = number
        self.message = message
        self.answer = answer
        self.answeredBy = answeredBy
        self.answeredAt = answeredAt
        self.isExpired = isExpired
    }
}

extension ProgressQuestion {
    /// Checks the rules of a question: its sizes, its choices, its default answer and its time limit.
    ///
    /// - Throws: ``ProgressError`` (`invalid-report`), which names the member.
    public func validate() throws(ProgressError) {
        try Self.check(message, "waitingFor.message", Self.maximumTextSize)
        guard choices.count <= Self.maximumChoiceCount else {
            throw Self.refusal("waitingFor.choices has \(choices.count) texts; the most are \(Self.maximumChoiceCount)")
        }
        for choice in choices { try Self.check(choice, "a text of waitingFor.choices", Self.maximumChoiceSize) }
        // Texts that only look alike are different answers, so their bytes are compared.
        guard Set(choices.map { Array($0.utf8) }).count == choices.count else {
            throw Self.refusal("waitingFor.choices has a text twice")
        }
        if let timeLimit, !ProgressReport.isLease(timeLimit) {
            let longest = ProgressReport.maximumLease
            throw Self.refusal("waitingFor.timeout is \(timeLimit); it is more than 0 s and at most \(longest)")
        }
        guard let defaultAnswer else { return }
        guard timeLimit != nil else { throw Self.refusal("waitingFor.default needs a waitingFor.timeout") }
        guard accepts(defaultAnswer) else { throw Self.refusal("waitingFor.default is no possible answer") }
    }

    /// Returns whether a text is a possible answer.
    func accepts(_ answer: String) -> Bool {
        choices.isEmpty
            ? (1...Self.maximumTextSize).contains(answer.utf8.count)
            : choices.first(withBytesOf: answer) != nil
    }

    private static func check(_ text: String, _ name: String, _ size: Int) throws(ProgressError) {
        guard !(1...size).contains(text.utf8.count) else { return }
        throw refusal("\(name) has \(text.utf8.count) bytes; it has 1 to \(size)")
    }

    private static func refusal(_ text: String) -> ProgressError { ProgressError(.invalidReport, text + ".") }
}
