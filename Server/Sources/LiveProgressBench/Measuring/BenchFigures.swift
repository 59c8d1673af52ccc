// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressCLI

/// The results of a measurement.
struct BenchFigures: Sendable {
    /// The deliveries under one load.
    struct Deliveries: Sendable {
        /// The number of updates in one write to a watcher; for a paced load, the number of updates per second.
        var updates: Int
        /// The number of messages per second that arrived at all watchers together.
        var perSecond: Double
        /// The server's processor time for each message, in nanoseconds.
        var processorNanoseconds: Double
        /// The median of the latency from the creation of a message to its arrival, in nanoseconds.
        var median: UInt64 = 0
        /// The 99th percentile of the latency, in nanoseconds.
        var percentile99: UInt64 = 0
    }

    var watchers: Int
    var handshakesPerSecond: Double
    /// The server's processor time for each handshake, in nanoseconds.
    var handshakeNanoseconds: Double
    /// The growth of the server's memory for each connection, in bytes; `nil` if the system does not report it.
    var connectionBytes: Double?
    /// The deliveries at full speed, by the number of updates in each write.
    var flatOut: [Deliveries]
    var paced: Deliveries
    /// The total number of messages.
    var messages: Int
    /// The number of messages that arrived twice or in the wrong order; must be 0.
    var disordered: Int

    /// The results as JSON.
    var json: JSONValue {
        [
            "watchers": .integer(Int64(watchers)),
            "handshakes": [
                "perSecond": rounded(handshakesPerSecond), "processorNanoseconds": rounded(handshakeNanoseconds),
                "connectionBytes": connectionBytes.map(rounded) ?? .null,
            ],
            "flatOut": .array(
                flatOut.map { one in
                    [
                        "updatesPerWrite": .integer(Int64(one.updates)), "deliveriesPerSecond": rounded(one.perSecond),
                        "processorNanoseconds": rounded(one.processorNanoseconds),
                    ]
                }
            ),
            "paced": [
                "updatesPerSecond": .integer(Int64(paced.updates)), "deliveriesPerSecond": rounded(paced.perSecond),
                "processorNanoseconds": rounded(paced.processorNanoseconds),
                "medianNanoseconds": .integer(Int64(paced.median)),
                "percentile99Nanoseconds": .integer(Int64(paced.percentile99)),
            ],
            "messages": .integer(Int64(messages)),
            "disordered": .integer(Int64(disordered)),
        ]
    }

    /// The results as text lines.
    var text: String {
        var lines = [
            line("watchers", Formatting.grouped(watchers)),
            line("handshakes", "\(perSecond(handshakesPerSecond)), \(processor(handshakeNanoseconds)) each"),
            line("memory", connectionBytes.map { "\(Formatting.bytes(max(0, $0))) a connection" } ?? "not known here"),
        ]
        for one in flatOut {
            let name = one.updates == 1 ? "one a write" : "\(one.updates) a write"
            lines.append(line(name, "\(perSecond(one.perSecond)), \(processor(one.processorNanoseconds)) each"))
        }
        let latency = "half within \(time(paced.median)), 99 % within \(time(paced.percentile99))"
        lines.append(line("\(paced.updates) updates/s", "\(perSecond(paced.perSecond)), \(latency)"))
        lines.append(line("messages", "\(Formatting.grouped(messages)), none lost, \(disordered) out of order"))
        return lines.joined()
    }

    private func line(_ name: String, _ value: String) -> String {
        name + String(repeating: " ", count: max(1, 16 - name.count)) + value + "\n"
    }

    private func perSecond(_ rate: Double) -> String { "\(Formatting.grouped(Int(rate.rounded())))/s" }

    private func processor(_ nanoseconds: Double) -> String {
        "\(Formatting.grouped(Int(nanoseconds.rounded()))) ns of the server's processor time"
    }

    private func time(_ nanoseconds: UInt64) -> String {
        switch nanoseconds {
        case ..<1_000_000: "\(nanoseconds / 1000) µs"
        default: "\(Formatting.short(Double(nanoseconds) / 1e6)) ms"
        }
    }

    private func rounded(_ value: Double) -> JSONValue {
        value.isFinite ? .integer(Int64(value.rounded())) : .null
    }
}

extension Formatting {
    /// Returns an integer with its digits in groups of three: `1,234,567`.
    static func grouped(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return number < 0 ? "-" + text : text
    }
}
