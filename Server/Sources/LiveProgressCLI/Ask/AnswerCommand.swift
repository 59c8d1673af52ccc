// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import LiveProgress
@_spi(Server) import LiveProgressClient

/// `live-progress answer`: answers the question of an operation.
struct AnswerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "answer",
        abstract: "Answer the question of an operation.",
        discussion: """
            `live-progress get` shows the question and its choices. A question is answered once; a second answer is refused. \
            Until the operation ends, the message says what was answered.
            """
    )

    @Argument(help: "The operation's URL or identifier.")
    var operation: String

    @Argument(help: "The answer: one of the choices, or a text if the question has none.")
    var answer: String

    @Option(help: "The number of the question, so that a late answer cannot reach the next question.")
    var number: Int?

    @OptionGroup var server: ServerOptions

    func validate() throws {
        if let number, number < 0 { throw ValidationError("The number of a question is 0 or more.") }
    }

    func run() async throws {
        try await complaining {
            let target = try server.target(operation)
            let client = try server.client(of: target.server, link: operation)
            _ = try await client.answer(target.id, answer, number: number)
            Console.write("answered: \(SafeText.line(answer))\n")
        }
    }
}
