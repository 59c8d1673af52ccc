// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// What a line says of progress; what is `nil`, it does not say.
struct LineReading: Sendable, Hashable {
    /// What is being done.
    var step: String?
    /// What tells its bar from others.
    var label = ""
    /// How far it is, from 0 to 100.
    var percent: Double?
    /// Units done.
    var completedCount: Int64?
    /// Units in all.
    var totalCount: Int64?
    /// What is counted.
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

/// Knows how some program shows its progress.
///
/// A line goes to each profile in turn; the first that knows it has the word.
protocol OutputProfile: Sendable {
    /// What the line says, or `nil` where this profile does not know such lines.
    func read(_ line: OutputLine) -> LineReading?
}

/// Several profiles, asked in order.
struct OutputProfiles: OutputProfile {
    /// The profiles, the most particular first.
    var profiles: [any OutputProfile]

    /// All that are known; ``GenericProfile`` knows every line, and is the last.
    static let all = OutputProfiles(profiles: [CurlMeterProfile(), RsyncProfile(), WgetDotsProfile(), GenericProfile()])

    func read(_ line: OutputLine) -> LineReading? {
        for profile in profiles {
            if let reading = profile.read(line) { return reading }
        }
        return nil
    }
}
