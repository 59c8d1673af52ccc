// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// Watchers of one topic on one event loop who stand at the same position.
final class FanoutCohort {
    var position: UInt64
    private(set) var members: ContiguousArray<FanoutMember> = []

    init(position: UInt64) {
        self.position = position
    }

    func insert(_ member: FanoutMember) {
        member.position = position
        member.cohort = self
        member.cohortIndex = members.count
        members.append(member)
    }

    /// Takes a member out; the last one takes its place.
    func remove(_ member: FanoutMember) {
        let last = members.removeLast()
        if last !== member {
            members[member.cohortIndex] = last
            last.cohortIndex = member.cohortIndex
        }
        member.cohort = nil
    }

    /// Takes in the members of another cohort at the same position.
    func absorb(_ other: FanoutCohort) {
        for member in other.members { insert(member) }
        other.members = []
    }
}
