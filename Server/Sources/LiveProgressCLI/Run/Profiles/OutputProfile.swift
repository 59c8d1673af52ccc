// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// The progress that a line shows; values that the line does not show are `nil`.
struct LineReading: Sendable, Hashable {
    /// The current step of the command.
    var step: String?
    /// The words that distinguish the line's bar from other bars.
    var label = ""
    /// The percentage, from 0 to 100.
    var percent: Double?
    /// The number of completed units.
    var completedCount: Int64?
    /// The total number of units.
    var totalCount: Int64?
    /// The unit of the counts.
    var unit: String?

    init(
        step: String? = nil,
        label: String = "",
        percent: Double? = nil,
        completedCount: Int64? = nil,
        totalCount: Int64? = nil,
        unit: String? = nil
    ) {
        self.step = step
        self.label = label
        self.percent = percent
        self.completedCount = completedCount
        self.totalCount = totalCount
        self.unit = unit
    }
}

extension LineReading {
    /// Returns the reading of two counts.
    static func counted(
        _ counts: (completed: Int64, total: Int64),
        _ unit: String,
        step: String? = nil,
        label: String = ""
    ) -> LineReading {
        LineReading(
            step: step,
            label: label,
            percent: 100 * Double(counts.completed) / Double(counts.total),
            completedCount: counts.completed,
            totalCount: counts.total,
            unit: unit
        )
    }
}

/// A parser of one program's progress output.
///
/// Profiles are tried in order; the first profile that recognizes a line parses it.
protocol OutputProfile: Sendable {
    /// Returns the progress that the line shows, or `nil` if this profile does not recognize the line.
    mutating func read(_ line: OutputLine) -> LineReading?
}

/// Several profiles, tried in order.
struct OutputProfiles: OutputProfile {
    /// The profiles, the most specific first.
    var profiles: [any OutputProfile]

    /// All supported profiles; ``GenericProfile`` is last, because it recognizes every line.
    static let all = OutputProfiles(
        profiles: [
            MonitorProfile(), CurlMeterProfile(), RsyncProfile(), WgetDotsProfile(), GitProfile(), PytestProfile(),
            FFmpegProfile(), PackagesProfile(), StepsProfile(), CountersProfile(), TransferProfile(), GenericProfile(),
        ]
    )

    /// All supported profiles, after those of the user.
    static func all(after patterns: [ParseProfile]) -> OutputProfiles {
        OutputProfiles(profiles: patterns + all.profiles)
    }

    mutating func read(_ line: OutputLine) -> LineReading? {
        for index in profiles.indices {
            if let reading = profiles[index].read(line) { return reading }
        }
        return nil
    }
}
