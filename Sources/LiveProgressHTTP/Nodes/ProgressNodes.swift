// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import HTTPTypes
package import LiveProgress

/// The other nodes, as the API of one node uses them.
///
/// Each operation belongs to one node, which applies all its reports. The API passes changes on to that node, and reads
/// from a copy.
package protocol ProgressNodes: Sendable {
    /// Sets the API that responds to the requests of other nodes; the API calls this when it is created.
    func attach(_ api: ProgressAPI)

    /// Returns a copy of an operation that another node has, for reading and watching.
    ///
    /// - Throws: ``NodesError``.
    func copy(of id: ProgressID) async throws(NodesError) -> OperationCopy

    /// Finds out whether another node has an operation of this node now; if so, this node has given it up.
    ///
    /// - Throws: ``NodesError``.
    func hasLost(_ journal: ProgressJournal) async throws(NodesError) -> Bool

    /// Brings a copy up to the newest revision that is acknowledged as durable.
    ///
    /// - Throws: ``NodesError``.
    func catchUp(_ copy: ProgressJournal) async throws(NodesError)

    /// Notes that a copy has a watcher, for the start signal of the operation.
    func noteWatcher(of copy: ProgressJournal)

    /// Notes that the feed of all operations has a watcher, so that the changes of the other nodes belong into it.
    func noteFeedWatcher()

    /// Finds the node that applies a change of an operation.
    ///
    /// - Throws: ``NodesError``.
    func place(of id: ProgressID) async throws(NodesError) -> OperationPlace

    /// Passes a request on to another node.
    ///
    /// - Returns: The response; `nil` if the operation does not belong to that node any more, or the node is gone.
    /// - Throws: ``NodesError``.
    func forward(
        _ request: NodeRequest,
        of id: ProgressID?,
        to node: String
    ) async throws(NodesError) -> ProgressResponse?

    /// Passes a request on to all other nodes, and returns the responses of the nodes by their names.
    ///
    /// A node that has not responded in time has the response `nil`.
    func askAll(_ request: @Sendable (String) -> NodeRequest) async -> [String: ProgressResponse?]

    /// Returns when everything that was reported of an operation is in its record, if the other nodes can be reached.
    func settle(_ id: ProgressID) async

    /// Whether the others may have taken over operations of this node, because it did not reach them for long.
    var isCutOff: Bool { get }

    /// Returns when the other nodes can find a new operation.
    ///
    /// - Returns: `false` if another node has created the operation before; this node has given up its own.
    /// - Throws: ``NodesError``; this node has given up the operation.
    func publish(_ journal: ProgressJournal) async throws(NodesError) -> Bool
}

/// What a node finds when it needs a copy of an operation.
package enum OperationCopy: Sendable {
    /// The copy, which is kept current as long as something holds it.
    case journal(ProgressJournal)
    /// The operation was deleted, or has expired.
    case removed
    /// No node has the operation.
    case none

    /// The copy; `nil` if there is none.
    package var journal: ProgressJournal? {
        if case .journal(let journal) = self { journal } else { nil }
    }
}

/// The node that applies the changes of an operation.
package enum OperationPlace: Sendable, Hashable {
    /// This node; the operation may not exist.
    case here
    /// Another node, by its name.
    case node(String)
    /// No node: the operation was deleted, or has expired. A new run can begin on this node.
    case gone
}

/// The nodes cannot be asked, or have not responded.
package struct NodesError: Error, Sendable {
    /// The reason, which becomes part of a sentence.
    package let reason: String
    /// Whether the request may have been carried out.
    package let mayHaveHappened: Bool

    /// Creates an error.
    package init(_ reason: String, mayHaveHappened: Bool) {
        self.reason = reason
        self.mayHaveHappened = mayHaveHappened
    }

    /// This node does not reach the others.
    package static let noContact = NodesError("they do not respond", mayHaveHappened: false)
}

/// A request that one node passes on to another.
package struct NodeRequest: Sendable, Hashable {
    /// The head, from which a trusted proxy's fields have been read.
    package var head: HTTPRequest
    /// The body.
    package var body: [UInt8]
    /// The client.
    package var caller: ProgressCaller
    /// The identifier for an operation that the request creates; `nil` if the request names it, or creates none.
    package var newID: ProgressID?

    /// Creates a request.
    package init(head: HTTPRequest, body: [UInt8], caller: ProgressCaller, newID: ProgressID? = nil) {
        self.head = head
        self.body = body
        self.caller = caller
        self.newID = newID
    }
}
