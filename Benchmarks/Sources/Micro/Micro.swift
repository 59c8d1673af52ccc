// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Measures single calls of the library.
///
///     micro [--rounds N] [NAME...]    nanoseconds of processor time per call: the median of interleaved rounds
///     micro --run NAME CALLS          only that many calls, for a tool that counts instructions
///     micro --threads [--rounds N]    how two threads scale
///     micro --growth [--rounds N]     how costs grow with sizes; exit status 1 if a cost grows faster than its limit
///     micro --idle                    the cost of idle operations
///     micro --list                    the names of the cases
@main
struct Micro {
    static func main() throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        var rounds = 15
        if let index = arguments.firstIndex(of: "--rounds"), index + 1 < arguments.count {
            rounds = max(1, Int(arguments[index + 1]) ?? rounds)
            arguments.removeSubrange(index...(index + 1))
        }
        switch arguments.first {
        case "--list": for name in MicroCase.all.map(\.name) { print(name) }
        case "--threads": try Contention.measure(rounds: rounds)
        case "--growth": if try !Growth.measure(rounds: rounds) { exit(1) }
        case "--idle": try Idle.measure(seconds: 10)
        case "--run" where arguments.count == 3:
            guard let calls = Int(arguments[2]) else { fail("\(arguments[2]) is no number of calls") }
            try select([arguments[1]])[0].prepare().run(calls)
        case .some(let option) where option.hasPrefix("--"): fail("\(option) is not known, or lacks a value")
        default:
            try measure(arguments.isEmpty ? MicroCase.all : select(arguments), rounds: rounds)
            if arguments.isEmpty { try Contention.measure(rounds: rounds) }
        }
    }

    private static func select(_ names: [String]) -> [MicroCase] {
        names.map { name in
            guard let found = MicroCase.all.first(where: { $0.name == name }) else {
                fail("there is no case \(name); --list gives their names")
            }
            return found
        }
    }

    /// Runs the cases in turn, round by round, so that a disturbance affects all of them.
    private static func measure(_ cases: [MicroCase], rounds: Int) throws {
        print("nanoseconds of processor time a call: median (least..most) of \(rounds) interleaved rounds")
        var results = cases.map { _ in Rounds() }
        let batches = try cases.map { try calibrate($0) }
        for _ in 0..<rounds {
            for (index, batch) in batches.enumerated() {
                let prepared = try cases[index].prepare()
                try prepared.run(batch / 10)
                prepared.tidy()
                results[index].add(try time(prepared, calls: batch))
            }
        }
        for (microCase, result) in zip(cases, results) {
            let verdict = microCase.target.map { result.median <= $0 ? "" : "  over \(fixed($0, digits: 0))" } ?? ""
            print("  \(padded(microCase.name, to: 24))\(result.description)\(verdict)")
        }
    }

    /// Returns the number of calls that take about five milliseconds.
    private static func calibrate(_ microCase: MicroCase) throws -> Int {
        let prepared = try microCase.prepare()
        var calls = 100
        while calls < 2_000_000 {
            if try time(prepared, calls: calls) * Double(calls) > 5e6 { break }
            calls *= 2
        }
        return calls
    }

    private static func time(_ prepared: MicroCase.Prepared, calls: Int) throws -> Double {
        let start = threadNanoseconds()
        try prepared.run(calls)
        let spent = threadNanoseconds() - start
        prepared.tidy()
        return spent / Double(calls)
    }

    private static func fail(_ message: String) -> Never {
        let line = "error: \(message)\n"
        _ = line.withCString { write(STDERR_FILENO, $0, line.utf8.count) }
        exit(2)
    }
}
