// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress

/// The conformance cases of a store; a store that passes them keeps the promises of `ProgressStore`.
///
/// ```swift
/// @Test(arguments: StoreConformance.cases)
/// func keepsItsPromises(_ conformance: StoreConformance) async throws {
///     try await conformance.run { try MyMedium.empty() }
/// }
/// ```
/// Dates are compared to the millisecond, as clients see them.
public struct StoreConformance: Sendable, CustomStringConvertible {
    /// The name of the case, such as `commit survives a crash`.
    public let name: String
    /// The numbers of the promises that the case checks.
    public let promises: [Int]
    let check: @Sendable (StoreBench) async throws -> Void

    init(_ name: String, _ promises: Int..., check: @escaping @Sendable (StoreBench) async throws -> Void) {
        self.name = name
        self.promises = promises
        self.check = check
    }

    /// The name of the case.
    public var description: String { name }

    /// Runs the case on an empty medium.
    ///
    /// - Parameter makeMedium: Makes an empty medium.
    /// - Throws: ``StoreViolation`` if the store breaks a promise; an error of the store or of the medium.
    public func run(on makeMedium: () async throws -> any StoreMedium) async throws {
        try await check(StoreBench(medium: makeMedium(), caseName: name))
    }

    /// All cases.
    public static let cases: [StoreConformance] = revisions + removals + lifetimes + [model]
}

/// A medium under test, with the steps that the cases have in common.
struct StoreBench: Sendable {
    let medium: any StoreMedium
    let caseName: String

    /// Opens the store, checks its contents, and returns it.
    func load(expecting expected: ProgressStoreContents) async throws -> any ProgressStore {
        let store = try await medium.open()
        let found = try await store.load()
        try expect(found.wasClosed, expected.wasClosed, "whether the store was closed")
        try expect(found.operations.map(\.id), expected.operations.map(\.id), "the identifiers, in order")
        for (one, other) in zip(found.operations, expected.operations) { try expect(one, other) }
        let (tombstones, others) = (found.tombstones.mapValues(\.milliseconds), expected.tombstones)
        try expect(tombstones, others.mapValues(\.milliseconds), "the tombstones")
        return store
    }

    /// Opens an empty store.
    func loadEmpty() async throws -> any ProgressStore {
        try await load(expecting: ProgressStoreContents())
    }

    /// Ends the store as a crash does, opens it again, and checks its contents.
    func restart(_ store: any ProgressStore, expecting operations: StoredOperation...) async throws
        -> any ProgressStore
    {
        try await medium.crash(store)
        return try await load(expecting: ProgressStoreContents(operations: operations, wasClosed: false))
    }

    func expect<Value: Equatable>(_ found: Value, _ expected: Value, _ what: String) throws {
        guard found != expected else { return }
        throw violation("expected \(what) to be \(expected), but found \(found)")
    }

    func violation(_ text: String) -> StoreViolation { StoreViolation(caseName: caseName, description: text) }

    private func expect(_ found: StoredOperation, _ expected: StoredOperation) throws {
        let name = "of \(expected.id)"
        let (numbers, expectedNumbers) = (
            found.revisions.map(\.snapshot.cursor), expected.revisions.map(\.snapshot.cursor)
        )
        try expect(numbers, expectedNumbers, "the revisions \(name)")
        for (one, other) in zip(found.revisions, expected.revisions) {
            try expect(one.inMilliseconds, other.inMilliseconds, "revision \(other.snapshot.cursor) \(name)")
        }
        try expect(found.oldestRevision, expected.oldestRevision, "the oldest revision \(name)")
        try expect(found.isTickOpen, expected.isTickOpen, "whether the tick is open \(name)")
        try expect(found.generationEnds, expected.generationEnds, "the ends of generations \(name)")
        try expect(found.counts, expected.counts, "the counts \(name)")
        try expect(found.lease, expected.lease, "the lease \(name)")
        try expect(found.worker, expected.worker, "the worker \(name)")
    }
}
