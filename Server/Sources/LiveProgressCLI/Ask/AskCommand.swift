// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import ArgumentParser
import FoundationEssentials
import LiveProgress
@_spi(Server) import LiveProgressClient

/// `live-progress ask`: asks a person, and prints the answer.
struct AskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask",
        abstract: "Ask a person, wait, and print the answer.",
        discussion: """
            The question belongs to the operation in LIVE_PROGRESS_URL, which `live-progress run` sets, or to the one that \
            --operation names. Otherwise a new operation is created on the server, and its URL is written to standard \
            error. Every watcher sees the question and the answer.

              if live-progress ask "Apply 3 changes?" --choices yes,no --default no --timeout 10m; then apply; fi

            Exit statuses: 0 for the first choice and for any text, 1 for the second choice, and so on; 64 wrong usage, 66 \
            no such operation, 69 the server cannot be reached, 70 refused or ended, 77 no permission, 124 nobody answered in \
            time and there is no default, 130 interrupted or cancelled.
            """
    )

    @Argument(help: "The question.")
    var message: String

    @Option(help: ArgumentHelp("The possible answers, separated by commas; by default any text.", valueName: "a,b"))
    var choices: String?

    @Option(name: .customLong("default"), help: ArgumentHelp("The answer at the time limit.", valueName: "answer"))
    var defaultAnswer: String?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("The time limit, such as 90, 10m or 2h; by default none.", valueName: "time")
    )
    var timeout: DurationArgument?

    @Option(help: "What is asked for: question, permission or input.", transform: Self.kind)
    var kind = ProgressQuestion.Kind.question

    @Option(help: ArgumentHelp("The operation's URL or identifier.", valueName: "operation"))
    var operation: String?

    @Option(help: ArgumentHelp("A label of a new operation; may be repeated.", valueName: "name=value"))
    var label: [LabelArgument] = []

    @OptionGroup var server: ServerOptions

    /// The question of the arguments.
    var question: ProgressQuestion {
        ProgressQuestion(
            message,
            choices: (choices ?? "").split(separator: ",").map { String($0.trimmed) },
            default: defaultAnswer,
            within: timeout?.duration,
            kind: kind
        )
    }

    /// The options for the members that an error names.
    private static let options = [
        (member: "waitingFor.message", option: "The question"), (member: "waitingFor.choices", option: "--choices"),
        (member: "waitingFor.default", option: "--default"), (member: "waitingFor.timeout", option: "--timeout"),
    ]

    private static func kind(_ text: String) throws -> ProgressQuestion.Kind {
        guard let kind = ProgressQuestion.Kind(rawValue: text) else {
            let kinds = ProgressQuestion.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw ValidationError("A kind is one of \(kinds).")
        }
        return kind
    }

    func validate() throws {
        if choices != nil, question.choices.isEmpty { throw ValidationError("--choices has no text.") }
        do throws(ProgressError) {
            try question.validate()
        } catch {
            throw ValidationError(Self.options.reduce(error.message) { $0.replacing($1.member, with: $1.option) })
        }
    }

    func run() async throws {
        let status = await AskSession(question: question, place: try place).run()
        if status != ExitStatus.succeeded { throw ExitCode(status) }
    }

    /// The operation to which the question belongs.
    private var place: AskSession.Place {
        get throws {
            do throws(ProgressClientError) {
                let variable = ProcessInfo.processInfo.environment["LIVE_PROGRESS_URL"]
                let named = operation ?? (variable?.isEmpty == false ? variable : nil)
                guard let named else { return .new(try server.client(), labels: LabelArgument.dictionary(label)) }
                let target = try server.target(named)
                return .existing(target, try server.configuration(for: target.server, link: named))
            } catch {
                Console.complain(error.toolMessage)
                throw ExitCode(AskSession.status(of: error))
            }
        }
    }
}
