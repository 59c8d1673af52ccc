// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
import LiveProgressCLI

/// What a measurement showed of this machine.
struct BenchFigures: Sendable {
    /// Deliveries under one load.
    struct Deliveries: Sendable {
        /// Updates that one write to a watcher carries; or that were made in a second, where they were paced.
        var updates: Int
        /// Messages that arrived in a second, at all watchers together.
        var perSecond: Double
        /// Processor time of the server for each, in nanoseconds.
        var processorNanoseconds: Double
        /// From the making of a message to its arrival, which half of them did not exceed, in nanoseconds.
        var median: UInt64 = 0
        /// The same for 99 of 100.
        var percentile99: UInt64 = 0
    }

    var watchers: Int
    var handshakesPerSecond: Double
    /// Processor time of the server for each handshake, in nanoseconds.
    var handshakeNanoseconds: Double
    /// Bytes by which the server's memory grew for each connection; `nil` where its system does not say.
    var connectionBytes: Double?
    /// Flat out, by the updates in each write.
    var flatOut: [Deliveries]
    var paced: Deliveries
    /// Messages in all.
    var messages: Int
    /// Messages that came twice or in the wrong order; may never be.
    var disordered: Int

    /// As JSON.
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

    /// As lines for people.
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
    /// A whole number, its digits in groups of three: `1,234,567`.
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
