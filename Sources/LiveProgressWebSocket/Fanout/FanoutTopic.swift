// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

/// One source on one event loop: its watchers there, in cohorts by position.
///
/// Belongs to the event loop.
final class FanoutTopic {
    let source: any FanoutSource
    private let waker: FanoutWaker
    private let attachment: FanoutAttachment
    private var cohorts: [FanoutPosition: FanoutCohort] = [:]
    private var memberCount = 0
    /// The last read for a watcher who had been left behind.
    ///
    /// Those who come back one after the other from the same position share it. Forgotten with the next wake.
    private var recent: (start: FanoutPosition, frames: FanoutFrames)?

    /// Attaches to the source first, so that no news falls between the first read and the attachment.
    init(source: any FanoutSource, waker: FanoutWaker) {
        self.source = source
        self.waker = waker
        self.attachment = source.attach(waker)
        waker.bind(to: self)
    }

    var isEmpty: Bool { memberCount == 0 }

    /// Ends the topic, after its last member has left.
    func detach() {
        waker.bind(to: nil)
        attachment.detach()
    }

    func join(_ member: FanoutMember, cursor: String?) {
        memberCount += 1
        let frames = FanoutFrames(source.open(cursor: cursor))
        // Only now: whoever waits for the first watcher may report at once, and the watcher must not miss it.
        source.watcherJoined()
        cohort(at: frames.position).insert(member)
        member.send(frames)
    }

    func leave(_ member: FanoutMember) {
        memberCount -= 1
        detachFromCohort(member)
        source.watcherLeft()
    }

    /// There may be news: gives it to all who take bytes, and leaves the others where they stand.
    func drain() {
        recent = nil
        for cohort in Array(cohorts.values) { advance(cohort) }
    }

    /// A member that was left behind takes bytes again.
    func resume(_ member: FanoutMember) {
        guard member.cohort == nil else { return }
        let frames = framesForReturning(from: member.position)
        // Into the cohort first: writing may end in this method again, which then must find nothing to do.
        cohort(at: frames.position).insert(member)
        member.send(frames)
    }

    private func framesForReturning(from position: FanoutPosition) -> FanoutFrames {
        if let recent, recent.start == position { return recent.frames }
        let frames = FanoutFrames(source.read(after: position))
        recent = (position, frames)
        return frames
    }

    private func advance(_ cohort: FanoutCohort) {
        let start = cohort.position
        guard cohorts[start] === cohort else { return }
        let frames = FanoutFrames(source.read(after: start))
        guard frames.bytes != nil || frames.position != start else { return }
        cohorts[start] = nil
        cohort.position = frames.position
        deliver(frames, to: cohort, from: start)
        settle(cohort)
    }

    /// Gives frames to a cohort that stood at `start` before them; who takes no bytes is left behind there.
    private func deliver(_ frames: FanoutFrames, to cohort: FanoutCohort, from start: FanoutPosition) {
        guard let bytes = frames.bytes else { return }
        // The last frames close each connection, which is for its handler.
        let unserved = frames.close == nil ? cohort.write(bytes) : cohort.untouched
        for rest in unserved {
            switch rest {
            case .short(let member, let count): member.sentShort(count, of: bytes)
            // What was done for one may have closed another.
            case .untouched(let member) where member.cohort !== cohort: break
            case .untouched(let member) where member.isWritable: member.send(frames)
            case .untouched(let member):
                cohort.remove(member)
                member.position = start
            }
        }
    }

    private func settle(_ cohort: FanoutCohort) {
        guard !cohort.members.isEmpty else { return }
        guard let other = cohorts[cohort.position] else {
            cohorts[cohort.position] = cohort
            return
        }
        if other.members.count < cohort.members.count {
            cohort.absorb(other)
            cohorts[cohort.position] = cohort
        } else {
            other.absorb(cohort)
        }
    }

    private func cohort(at position: FanoutPosition) -> FanoutCohort {
        if let cohort = cohorts[position] { return cohort }
        let cohort = FanoutCohort(position: position)
        cohorts[position] = cohort
        return cohort
    }

    private func detachFromCohort(_ member: FanoutMember) {
        guard let cohort = member.cohort else { return }
        cohort.remove(member)
        // One that is being served stands in no dictionary; it is settled afterwards.
        if cohort.members.isEmpty, cohorts[cohort.position] === cohort { cohorts[cohort.position] = nil }
    }
}
