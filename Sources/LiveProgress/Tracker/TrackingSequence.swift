// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension Sequence {
    /// The same elements, each counted when it is asked for the one after it.
    ///
    /// ```swift
    /// for row in rows.trackingProgress(total: 10_000) { insert(row) }
    /// ```
    ///
    /// - Parameters:
    ///   - total: How many elements there are; by default nobody knows.
    ///   - tracker: Whom to tell; by default ``ProgressTracker/current``.
    /// - Returns: A sequence of the same elements.
    public func trackingProgress(
        total: Int? = nil,
        by tracker: ProgressTracker = .current
    ) -> ProgressTrackingSequence<Self> {
        ProgressTrackingSequence(base: self, total: total, tracker: tracker)
    }
}

extension Collection {
    /// The same elements, each counted when it is asked for the one after it; the total is the collection's count.
    ///
    /// - Parameter tracker: Whom to tell; by default ``ProgressTracker/current``.
    /// - Returns: A sequence of the same elements.
    public func trackingProgress(by tracker: ProgressTracker = .current) -> ProgressTrackingSequence<Self> {
        ProgressTrackingSequence(base: self, total: count, tracker: tracker)
    }
}

extension AsyncSequence {
    /// The same elements, each counted when it is asked for the one after it.
    ///
    /// ```swift
    /// for try await row in rows.trackingProgress(total: 10_000) { try await insert(row) }
    /// ```
    ///
    /// - Parameters:
    ///   - total: How many elements there are; by default nobody knows.
    ///   - tracker: Whom to tell; by default ``ProgressTracker/current``.
    /// - Returns: A sequence of the same elements.
    public func trackingProgress(
        total: Int? = nil,
        by tracker: ProgressTracker = .current
    ) -> ProgressTrackingAsyncSequence<Self> {
        ProgressTrackingAsyncSequence(base: self, total: total, tracker: tracker)
    }
}

/// Counts the elements of a sequence as they are done with.
///
/// An element counts when the next one is asked for, so that 100 % is not shown before the last one is done.
public struct ProgressTrackingSequence<Base: Sequence>: Sequence {
    let base: Base
    let total: Int?
    let tracker: ProgressTracker

    /// Begins counting.
    public func makeIterator() -> Iterator {
        tracker.setCounts(total: .some(total.map(Int64.init)))
        return Iterator(base: base.makeIterator(), tracker: tracker)
    }

    /// Counts each element when the next is asked for.
    public struct Iterator: IteratorProtocol {
        var base: Base.Iterator
        let tracker: ProgressTracker
        var hasBegun = false

        /// The next element.
        public mutating func next() -> Base.Element? {
            if hasBegun { tracker.advance() }
            let element = base.next()
            hasBegun = element != nil
            return element
        }
    }
}

/// Counts the elements of an asynchronous sequence as they are done with.
public struct ProgressTrackingAsyncSequence<Base: AsyncSequence>: AsyncSequence {
    /// What the base gives.
    public typealias Element = Base.Element
    /// How the base fails.
    public typealias Failure = Base.Failure

    let base: Base
    let total: Int?
    let tracker: ProgressTracker

    /// Begins counting.
    public func makeAsyncIterator() -> Iterator {
        tracker.setCounts(total: .some(total.map(Int64.init)))
        return Iterator(base: base.makeAsyncIterator(), tracker: tracker)
    }

    /// Counts each element when the next is asked for.
    public struct Iterator: AsyncIteratorProtocol {
        var base: Base.AsyncIterator
        let tracker: ProgressTracker
        var hasBegun = false

        /// The next element.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(Base.Failure) -> Base.Element? {
            if hasBegun { tracker.advance() }
            hasBegun = false
            let element = try await base.next(isolation: actor)
            hasBegun = element != nil
            return element
        }
    }
}

extension ProgressTrackingSequence: Sendable where Base: Sendable {}
extension ProgressTrackingAsyncSequence: Sendable where Base: Sendable {}
