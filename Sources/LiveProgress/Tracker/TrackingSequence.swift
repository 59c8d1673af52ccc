// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

extension Sequence {
    /// Returns the same elements; counts each element when the next one is requested.
    ///
    /// ```swift
    /// for row in rows.trackingProgress(total: 10_000) { insert(row) }
    /// ```
    ///
    /// - Parameters:
    ///   - total: The number of elements, or `nil` if not known.
    ///   - tracker: The tracker that counts; by default ``ProgressTracker/current``.
    /// - Returns: A sequence of the same elements.
    public func trackingProgress(
        total: Int? = nil,
        by tracker: ProgressTracker = .current
    ) -> some Sequence<Element> {
        ProgressTrackingSequence(base: self, total: total, tracker: tracker)
    }
}

extension Collection {
    /// Returns the same elements and counts each one; the total is the collection's count.
    ///
    /// An element counts when the next one is requested.
    ///
    /// - Parameter tracker: The tracker that counts; by default ``ProgressTracker/current``.
    /// - Returns: A sequence of the same elements.
    public func trackingProgress(by tracker: ProgressTracker = .current) -> some Sequence<Element> {
        ProgressTrackingSequence(base: self, total: count, tracker: tracker)
    }
}

extension AsyncSequence {
    /// Returns the same elements; counts each element when the next one is requested.
    ///
    /// ```swift
    /// for try await row in rows.trackingProgress(total: 10_000) { try await insert(row) }
    /// ```
    ///
    /// - Parameters:
    ///   - total: The number of elements, or `nil` if not known.
    ///   - tracker: The tracker that counts; by default ``ProgressTracker/current``.
    /// - Returns: A sequence of the same elements.
    public func trackingProgress(
        total: Int? = nil,
        by tracker: ProgressTracker = .current
    ) -> some AsyncSequence<Element, Failure> {
        ProgressTrackingAsyncSequence(base: self, total: total, tracker: tracker)
    }
}

/// A sequence that counts its elements as they are completed.
///
/// An element counts when the next one is requested, so that 100 % is not shown before the last element is completed.
struct ProgressTrackingSequence<Base: Sequence>: Sequence {
    let base: Base
    let total: Int?
    let tracker: ProgressTracker

    /// Creates an iterator, and sets the tracker's total.
    func makeIterator() -> Iterator {
        tracker.setTotal(ProgressTotal(total.map(Int64.init)))
        return Iterator(base: base.makeIterator(), tracker: tracker)
    }

    /// An iterator that counts each element when the next one is requested.
    struct Iterator: IteratorProtocol {
        var base: Base.Iterator
        let tracker: ProgressTracker
        var hasBegun = false

        /// Returns the next element.
        mutating func next() -> Base.Element? {
            if hasBegun { tracker.advance() }
            let element = base.next()
            hasBegun = element != nil
            return element
        }
    }
}

/// An asynchronous sequence that counts its elements as they are completed.
struct ProgressTrackingAsyncSequence<Base: AsyncSequence>: AsyncSequence {
    /// The element of the base sequence.
    typealias Element = Base.Element
    /// The error of the base sequence.
    typealias Failure = Base.Failure

    let base: Base
    let total: Int?
    let tracker: ProgressTracker

    /// Creates an iterator, and sets the tracker's total.
    func makeAsyncIterator() -> Iterator {
        tracker.setTotal(ProgressTotal(total.map(Int64.init)))
        return Iterator(base: base.makeAsyncIterator(), tracker: tracker)
    }

    /// An iterator that counts each element when the next one is requested.
    struct Iterator: AsyncIteratorProtocol {
        var base: Base.AsyncIterator
        let tracker: ProgressTracker
        var hasBegun = false

        /// Returns the next element.
        mutating func next(
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
