// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress

/// The place where a store under test keeps its data, such as a folder.
///
/// ```swift
/// struct FolderMedium: StoreMedium {
///     let folder: URL
///     func open() -> any ProgressStore { MyStore(folder) }
///     func crash(_ store: any ProgressStore) { /* release the lock of the former process */ }
/// }
/// ```
public protocol StoreMedium: Sendable {
    /// Makes a store on the data of the medium, without loading it.
    func open() async throws -> any ProgressStore

    /// Ends the use of a store as the end of its process does: without `close()`.
    ///
    /// The next ``open()`` must find what a new process would find.
    func crash(_ store: any ProgressStore) async throws
}

/// A promise of `ProgressStore` that a store has broken.
public struct StoreViolation: Error, Sendable, CustomStringConvertible {
    /// The name of the case that found the violation.
    public let caseName: String
    /// What was expected, and what the store did.
    public let description: String
}
