// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

// The JSON of questions and answers:
// - in a report `{"kind":"question","message":"Apply?","choices":["yes","no"],"timeout":60,"default":"no"}`;
//   with `"answerable":false` if only the place where the work runs takes the answer;
// - in a snapshot the open question `{"number":7,"kind":…,"message":…,"choices":[…],"default":…,"askedAt":…,"deadline":…}`,
//   and the last answer `{"number":7,"message":…,"answer":"yes","answeredBy":"anna","answeredAt":…,"isExpired":false}`.

extension ProgressSnapshot {
    /// Writes the members `waitingFor` and `lastAnswer`, each only if it has a value.
    func writeQuestion(to writer: inout JSONWriter) {
        if let waitingFor {
            writer.member("waitingFor")
            waitingFor.write(to: &writer)
        }
        if let lastAnswer {
            writer.member("lastAnswer")
            lastAnswer.write(to: &writer)
        }
    }
}

extension ProgressQuestion.Open {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("number")
        writer.write(number)
        question.writeMembers(to: &writer, hasAllMembers: true)
        writer.member("askedAt")
        writer.writeText { ProgressTimestamp.append(askedAt, to: &$0) }
        if let deadline {
            writer.member("deadline")
            writer.writeText { ProgressTimestamp.append(deadline, to: &$0) }
        }
        writer.endObject()
    }
}

extension ProgressAnswer {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("number")
        writer.write(number)
        writer.member("message")
        writer.write(message)
        writer.member("answer")
        if let answer { writer.write(answer) } else { writer.writeNull() }
        if let answeredBy {
            writer.member("answeredBy")
            writer.write(answeredBy)
        }
        writer.member("answeredAt")
        writer.writeText { ProgressTimestamp.append(answeredAt, to: &$0) }
        writer.member("isExpired")
        writer.write(isExpired)
        writer.endObject()
    }
}

extension ProgressQuestion {
    fileprivate func writeMembers(to writer: inout JSONWriter, hasAllMembers: Bool = false) {
        writer.member("kind")
        writer.write(kind.rawValue)
        writer.member("message")
        writer.write(message)
        if hasAllMembers || !choices.isEmpty {
            writer.member("choices")
            writer.beginArray()
            for choice in choices { writer.write(choice) }
            writer.endArray()
        }
        if let defaultAnswer {
            writer.member("default")
            writer.write(defaultAnswer)
        }
        if !isAnswerable {
            writer.member("answerable")
            writer.write(false)
        }
    }
}

extension ProgressQuestion.Change {
    /// Writes the question of a report, or `null` for a withdrawal.
    func write(to writer: inout JSONWriter) {
        guard case .ask(let question) = self else { return writer.writeNull() }
        writer.beginObject()
        question.writeMembers(to: &writer)
        if let timeLimit = question.timeLimit {
            writer.member("timeout")
            writer.write(timeLimit)
        }
        writer.endObject()
    }
}

extension WireReader {
    private static let reportedMembers = ["kind", "message", "choices", "timeout", "default", "answerable"]

    /// Returns the change of the open question in a report.
    func questionChange(_ name: String) throws(WireError) -> ProgressQuestion.Change? {
        if value(name)?.isNull == true { return .withdraw }
        guard let members = try object(name) else { return nil }
        let reader = WireReader(members, prefix: "\(prefix)\(name).", nullIsAbsent: false)
        for member in members.names where Self.reportedMembers.first(withBytesOf: member) == nil {
            throw reader.error(member, "is unknown; allowed are \(Self.reportedMembers.joined(separator: ", "))")
        }
        var question = try reader.question()
        question.timeLimit = try reader.lease("timeout")
        return .ask(question)
    }

    /// Returns the open question of a snapshot.
    func openQuestion() throws(WireError) -> ProgressQuestion.Open? {
        guard let members = try object("waitingFor") else { return nil }
        let reader = WireReader(members, prefix: "waitingFor.")
        return ProgressQuestion.Open(
            number: try reader.questionNumber(),
            question: try reader.question(),
            askedAt: try reader.required("askedAt", reader.date("askedAt")),
            deadline: try reader.date("deadline")
        )
    }

    /// Returns the last answer of a snapshot.
    func lastAnswer() throws(WireError) -> ProgressAnswer? {
        guard let members = try object("lastAnswer") else { return nil }
        let reader = WireReader(members, prefix: "lastAnswer.")
        return ProgressAnswer(
            number: try reader.questionNumber(),
            message: try reader.required("message", reader.string("message")),
            answer: try reader.string("answer"),
            answeredBy: try reader.string("answeredBy"),
            answeredAt: try reader.required("answeredAt", reader.date("answeredAt")),
            isExpired: try reader.bool("isExpired") ?? false
        )
    }

    private func questionNumber() throws(WireError) -> Int {
        Int(clamping: try required("number", count("number")))
    }

    private func question() throws(WireError) -> ProgressQuestion {
        let kind = try string("kind")
        guard let kind = kind.map(ProgressQuestion.Kind.init(name:)) ?? .question else {
            throw error(
                "kind",
                "must be one of \(ProgressQuestion.Kind.allCases.map(\.rawValue).joined(separator: ", "))"
            )
        }
        return ProgressQuestion(
            try required("message", string("message")),
            choices: try texts("choices"),
            default: try string("default"),
            kind: kind,
            isAnswerable: try bool("answerable") ?? true
        )
    }

    private func texts(_ name: String) throws(WireError) -> [String] {
        guard let value = value(name) else { return [] }
        guard let values = value.arrayValue, case let texts = values.compactMap(\.stringValue),
            texts.count == values.count
        else { throw error(name, "must be an array of strings") }
        return texts
    }
}

extension ProgressQuestion.Kind {
    fileprivate init?(name: String) {
        guard let kind = Self.allCases.first(where: { $0.rawValue.hasBytes(of: name) }) else { return nil }
        self = kind
    }
}
