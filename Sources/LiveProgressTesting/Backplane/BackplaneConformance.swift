// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
import Synchronization

/// The conformance cases of a backplane; a backplane that passes them keeps the promises of `ProgressBackplane`.
///
/// ```swift
/// @Test(arguments: BackplaneConformance.cases)
/// func keepsItsPromises(_ conformance: BackplaneConformance) async throws {
///     try await conformance.run { try await MyMedium.empty() }
/// }
/// ```
public struct BackplaneConformance: Sendable, CustomStringConvertible {
    /// The name of the case, such as `one of several writers wins`.
    public let name: String
    /// The numbers of the promises that the case checks.
    public let promises: [Int]
    let check: @Sendable (BackplaneBench) async throws -> Void

    init(_ name: String, _ promises: Int..., check: @escaping @Sendable (BackplaneBench) async throws -> Void) {
        self.name = name
        self.promises = promises
        self.check = check
    }

    /// The name of the case.
    public var description: String { name }

    /// Runs the case on an empty medium, with three nodes.
    ///
    /// - Parameter makeMedium: Makes an empty medium.
    /// - Throws: ``BackplaneViolation`` if the backplane breaks a promise; an error of the backplane or of the medium.
    public func run(on makeMedium: () async throws -> any BackplaneMedium) async throws {
        let medium = try await makeMedium()
        var nodes: [BackplaneBench.Node] = []
        for name in ["a", "b", "c"] {
            let node = BackplaneBench.Node(name: name, backplane: try await medium.connect())
            try await node.join()
            nodes.append(node)
        }
        try await check(BackplaneBench(medium: medium, nodes: nodes, caseName: name))
        for node in nodes { await node.backplane.leave() }
    }

    /// All cases.
    public static let cases: [BackplaneConformance] = records + subscriptions + messages
}

/// The shared records of backplanes under test.
public protocol BackplaneMedium: Sendable {
    /// Makes the connection of one more node.
    func connect() async throws -> any ProgressBackplane

    /// Returns when a time has passed for the lifetimes of records.
    func pass(_ time: Duration) async throws
}

/// A promise of `ProgressBackplane` that a backplane has broken.
public struct BackplaneViolation: Error, Sendable, CustomStringConvertible {
    /// The name of the case that found the violation.
    public let caseName: String
    /// What was expected, and what the backplane did.
    public let description: String
}

/// Three nodes of a medium under test, with the steps that the cases have in common.
struct BackplaneBench: Sendable {
    /// One node, which returns each message with its name, and keeps what other nodes announce.
    ///
    /// It returns the message ``held`` only after ``release``.
    struct Node: Sendable {
        let name: String
        let backplane: any ProgressBackplane
        let heard = Collected<String>()
        let received = Collected<String>()
        let release = Collected<Bool>()

        static let held = "held"

        func join() async throws {
            let node = BackplaneNode(
                name: name,
                respond: { [name, received, release] message in
                    received.append(text(message))
                    if text(message) == Self.held { _ = await release.wait(for: 1) }
                    return Array("\(name): \(text(message))".utf8)
                },
                hear: { [heard] message in heard.append(text(message)) }
            )
            try await backplane.join(node)
        }
    }

    let medium: any BackplaneMedium
    let nodes: [Node]
    let caseName: String

    var first: any ProgressBackplane { nodes[0].backplane }
    var second: any ProgressBackplane { nodes[1].backplane }

    func expect<Value: Equatable>(_ found: Value, _ expected: Value, _ what: String) throws {
        guard found != expected else { return }
        throw violation("expected \(what) to be \(expected), but found \(found)")
    }

    func violation(_ text: String) -> BackplaneViolation { BackplaneViolation(caseName: caseName, description: text) }

    /// Returns the code with which a call fails; `nil` if it succeeds.
    func code(_ call: () async throws(BackplaneError) -> Void) async -> BackplaneError.Code? {
        do throws(BackplaneError) {
            try await call()
            return nil
        } catch {
            return error.code
        }
    }
}

extension BackplaneDraft {
    /// A record with a number as its content.
    static func sample(_ number: Int, by owner: String = "a", for lifetime: Duration? = nil) -> BackplaneDraft {
        BackplaneDraft(owner: owner, payload: Array("\(number)".utf8), lifetime: lifetime)
    }
}

/// Returns a message as text.
func text(_ message: [UInt8]) -> String { String(decoding: message, as: UTF8.self) }

/// Values that arrive at any time, and the tasks that wait for a number of them.
final class Collected<Value: Sendable>: Sendable {
    private struct State {
        var values: [Value] = []
        var waiters: [(count: Int, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var all: [Value] { state.withLock { $0.values } }

    func append(_ value: Value) {
        let ready = state.withLock { state in
            state.values.append(value)
            defer { state.waiters.removeAll { $0.count <= state.values.count } }
            return state.waiters.filter { $0.count <= state.values.count }
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    /// Waits until there are at least so many values.
    func wait(for count: Int) async -> [Value] {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state in
                if state.values.count < count { state.waiters.append((count, continuation)) }
                return state.values.count >= count
            }
            if isReady { continuation.resume() }
        }
        return all
    }
}
