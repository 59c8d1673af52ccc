// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import Instrumentation

extension ProgressTracker {
    private enum ContextKey: InstrumentationContextKey {
        typealias Value = ProgressTracker
        static var nameOverride: String? { "live-progress-tracker" }
    }

    /// The tracker of the current operation, or ``noop`` if none was injected; never `nil`.
    ///
    /// The tracker travels with the task, as the context of distributed tracing does: into child tasks and `Task { }`,
    /// but not into `Task.detached { }` or into callbacks on other threads.
    ///
    /// ```swift
    /// ProgressTracker.current.update("Parsing", details: ["file": "a.csv"])
    /// ```
    public static var current: ProgressTracker {
        InstrumentationContext.current?[ContextKey.self] ?? .noop
    }

    fileprivate static func context(with tracker: ProgressTracker) -> InstrumentationContext {
        var context = InstrumentationContext.current ?? .topLevel
        context[ContextKey.self] = tracker
        return context
    }
}

/// Makes a tracker the current one while an operation runs.
///
/// - Parameters:
///   - tracker: The value of ``ProgressTracker/current`` inside the work.
///   - operation: The work.
/// - Returns: The value that the work returns.
/// - Throws: The error that the work throws.
public func withProgress<Result>(_ tracker: ProgressTracker, operation: () throws -> Result) rethrows -> Result {
    try InstrumentationContext.withValue(ProgressTracker.context(with: tracker), operation: operation)
}

/// Makes a tracker the current one while an asynchronous operation runs.
///
/// - Parameters:
///   - tracker: The value of ``ProgressTracker/current`` inside the work.
///   - isolation: The actor on which the work runs; by default the caller's.
///   - operation: The work.
/// - Returns: The value that the work returns.
/// - Throws: The error that the work throws.
public func withProgress<Result>(
    _ tracker: ProgressTracker,
    isolation: isolated (any Actor)? = #isolation,
    operation: () async throws -> Result
) async rethrows -> Result {
    try await InstrumentationContext.$current.withValue(
        ProgressTracker.context(with: tracker),
        operation: operation,
        isolation: isolation
    )
}
