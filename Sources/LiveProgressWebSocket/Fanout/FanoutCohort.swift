// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import NIOCore

/// Watchers of one topic on one event loop who stand at the same position.
final class FanoutCohort {
    /// A member that a walk over the sockets did not serve in full.
    enum Unserved {
        /// Its socket must not be written now; its handler knows what to do.
        case untouched(FanoutMember)
        /// Its socket took that many bytes, or is broken.
        case short(FanoutMember, Int?)
    }

    var position: FanoutPosition
    private(set) var members: ContiguousArray<FanoutMember> = []
    /// The members' sockets, as far as they may be written beside their channels.
    ///
    /// Kept beside the members, so that a walk touches nothing else.
    private var sockets: ContiguousArray<DirectSocket?> = []

    init(position: FanoutPosition) {
        self.position = position
    }

    func insert(_ member: FanoutMember) {
        member.cohort = self
        member.cohortIndex = members.count
        members.append(member)
        sockets.append(member.freeSocket)
    }

    /// Takes a member out; the last one takes its place.
    func remove(_ member: FanoutMember) {
        let (last, lastSocket) = (members.removeLast(), sockets.removeLast())
        if last !== member {
            members[member.cohortIndex] = last
            sockets[member.cohortIndex] = lastSocket
            last.cohortIndex = member.cohortIndex
        }
        member.cohort = nil
    }

    /// Takes in the members of another cohort at the same position.
    func absorb(_ other: FanoutCohort) {
        for member in other.members { insert(member) }
        other.members = []
        other.sockets = []
    }

    /// A member's socket may be written from now on, or no longer.
    func updateSocket(of member: FanoutMember) {
        sockets[member.cohortIndex] = member.freeSocket
    }

    /// All members, for a delivery that goes by their handlers.
    var untouched: ContiguousArray<Unserved> { ContiguousArray(members.lazy.map { .untouched($0) }) }

    /// Writes to all sockets that may be written, calling nobody between, and gives the members that are left.
    func write(_ frames: ByteBuffer) -> ContiguousArray<Unserved> {
        var unserved: ContiguousArray<Unserved> = []
        frames.withUnsafeReadableBytes { bytes in
            for index in sockets.indices {
                guard let socket = sockets[index] else {
                    unserved.append(.untouched(members[index]))
                    continue
                }
                let count = socket.send(bytes)
                if count != bytes.count { unserved.append(.short(members[index], count)) }
            }
        }
        return unserved
    }
}
