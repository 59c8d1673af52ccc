import ArgumentParser
import Configuration
import Subprocess

@main
struct LiveProgressCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "live-progress")
}
