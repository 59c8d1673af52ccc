// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import LiveProgress
public import LiveProgressHTTP
import Synchronization

/// A node: a service that shares its operations with the services of other processes, over a backplane.
///
/// Any node serves any operation. Each operation belongs to one node, which applies its reports; the other nodes pass
/// changes on to that node, and show copies to their watchers. If a node ends, the others take over its operations.
///
/// ```swift
/// let cluster = ProgressCluster(backplane, configuration: .init(name: "node-1"))
/// let api = cluster.api()
/// try await cluster.join()
/// ```
public final class ProgressCluster: Sendable {
    /// The settings of a node.
    public struct Configuration: Sendable {
        /// The name of the node, for people: at most 40 letters, digits, `-` and `_`.
        public var name: String
        /// The settings and limits of the node's service.
        public var service = ProgressService.Configuration()
        /// The interval in which the node announces itself; the same on all nodes.
        public var heartbeat = Duration.seconds(1)
        /// The time after which a silent node counts as gone; the same on all nodes, and several heartbeats.
        public var silence = Duration.seconds(5)
        /// The time limit of a request to another node.
        public var requestLimit = Duration.seconds(10)
        /// Receives what happens to the nodes; called on any thread, and must not block.
        public var note: @Sendable (ProgressClusterEvent) -> Void = { _ in }

        /// Creates the settings of a node.
        public init(name: String) { self.name = name }
    }

    struct State {
        var directory: NodeDirectory
        var owners: [ProgressID: String] = [:]
        var api: ProgressAPI?
        var running: Task<Void, Never>?
        var lastContact: Duration
        var joinedAt = Duration.zero
        var hasMissed = false
        var isCutOff = false
        /// Whether the node was cut off, and has not given up yet what the others have taken over.
        var isUnsure = false
        var isJoined = false
        /// The nodes without a connection.
        var gone: Set<String> = []
        /// The operations that are being taken over.
        var takingOver: Set<ProgressID> = []
        var mustSearch = false
        var mustVerify = false
        /// The time at which the node last found that records are lost.
        var lostRecordsAt: Duration?
        var responding = 0
        var forwarded = 0
        var takenOver = 0
    }

    /// The most owners that a node remembers, so that a report is passed on without a read.
    static let mostOwners = 20_000

    /// The service of the node; it has the operations that belong to the node.
    public let service: ProgressService
    /// The name of the node and of this run of it, which no other node has.
    public let name: String
    let configuration: Configuration
    let backplane: any ProgressBackplane
    let writer: NodeWriter
    let followers: Followers
    /// This node's changes for the feeds of others.
    let sessions: FeedSessions
    /// The others' changes for the feed of this node.
    let feed: NodesFeed
    let state: Mutex<State>
    /// Wakes the end of the node after each response to another node.
    let settled = WakeGroup()
    /// Wakes what begins with the first watcher of the feed.
    let feedWatched = WakeSignal()
    /// Wakes those who wait until an operation is taken over.
    let takeovers = WakeGroup()
    /// Wakes what takes over and gives up.
    let maintenance = WakeSignal()

    /// Creates a node, which has no operations before it joins the others.
    public init(_ backplane: any ProgressBackplane, configuration: Configuration) {
        self.backplane = backplane
        self.configuration = configuration
        let run = String(UInt32.random(in: .min ... .max), radix: 36)
        name = "\(configuration.name)-\(run)"
        let loss = LossBox()
        writer = NodeWriter(
            backplane,
            .init(node: name, configuration: configuration.service),
            recordsLost: loss.noteLostRecords,
            lost: loss.lose
        )
        service = ProgressService(configuration: configuration.service, keeper: writer)
        followers = Followers(backplane, service: service, recordsLost: loss.noteLostRecords)
        sessions = FeedSessions(service)
        feed = NodesFeed(service) { node, session, position in
            let message = NodeMessage.feed(session: session, position: position).bytes
            let bytes = try? await backplane.request(message, to: node, within: FeedSessions.longestWait * 3)
            guard case .feed(let answer)? = bytes.flatMap(NodeAnswer.init) else { return nil }
            return answer
        }
        let now = configuration.service.clock.now()
        state = Mutex(State(directory: NodeDirectory(name: name, silence: configuration.silence), lastContact: now))
        loss.attach(self)
        service.setCancelElsewhere { [weak self] id in self?.tell(.cancel(id), id) }
    }

    /// Returns the HTTP API of all nodes' operations.
    ///
    /// - Parameter configuration: The limits and hooks of the API.
    /// - Returns: The API; the node responds with it to the requests of other nodes.
    public func api(_ configuration: ProgressAPI.Configuration = .init()) -> ProgressAPI {
        var configuration = configuration
        connect(&configuration)
        return ProgressAPI(service: service, configuration: configuration)
    }

    /// Connects the configuration of an API with this node, for a server that creates the API itself.
    ///
    /// ```swift
    /// var configuration = ProgressServer.Configuration()
    /// cluster.connect(&configuration.api)
    /// let progress = ProgressServer(cluster.service, configuration: configuration)
    /// ```
    /// - Parameter configuration: The configuration; the API that is created with it serves the operations of all nodes.
    public func connect(_ configuration: inout ProgressAPI.Configuration) { configuration.nodes = self }

    /// Joins the other nodes, and takes over operations whose node is gone.
    ///
    /// Call this once, after the API of the node is created: until then, the node has no response to the requests of others.
    /// The caller holds the node until ``leave()``.
    ///
    /// - Throws: `BackplaneError` if the backplane cannot be used; with NATS after at most 10 s. The node cannot join again.
    public func join() async throws {
        let node = BackplaneNode(
            name: name,
            respond: { [weak self] message in await self?.respond(to: message) ?? [] },
            hear: { [weak self] message in self?.hear(message) },
            beginAnew: { [weak self] in self?.noteLostRecords() }
        )
        try await backplane.join(node)
        state.withLock { state in
            let now = configuration.service.clock.now()
            (state.lastContact, state.joinedAt, state.isJoined) = (now, now, true)
            state.running = Task { [weak self] in
                await withDiscardingTaskGroup { group in
                    group.addTask { await self?.beat() }
                    group.addTask { await self?.maintain() }
                }
            }
        }
    }

    /// Leaves the other nodes, which take over the operations of this node.
    ///
    /// Operations whose worker is in this process are stalled there, and fail as worker-lost after
    /// `ProgressService.Configuration.localGrace`, so end them before. The call takes up to 12 s if the backplane does not
    /// respond.
    public func leave() async {
        let running = state.withLock { state in
            state.isJoined = false
            return state.running.take()
        }
        running?.cancel()
        await running?.value
        feed.follow([])
        // What was accepted is written before the node closes.
        _ = try? await settled.wait { state.withLock { $0.responding == 0 ? true : nil } }
        await service.close()
        backplane.announce(NodeAnnouncement.leaving(name).bytes)
        await backplane.leave()
        // The API holds the node.
        state.withLock { $0.api = nil }
    }

    /// Whether the node can reach the backplane, as far as it knows.
    public var isConnected: Bool { state.withLock { $0.isJoined && !$0.isCutOff } }

    /// The figures of the node, for its metrics.
    public var figures: ProgressClusterFigures {
        let (nodes, forwarded, takenOver) = state.withLock {
            ($0.directory.others.count + 1, $0.forwarded, $0.takenOver)
        }
        return ProgressClusterFigures(
            nodes: nodes,
            copies: followers.count,
            records: followers.recordCount,
            repairs: followers.repairCount,
            forwardedRequests: forwarded,
            takenOverOperations: takenOver,
            writes: writer.status.commitCount,
            conflicts: writer.conflictCount,
            waitingOperations: writer.status.waitingOperations
        )
    }
}

/// The way from the writer and the copies to their node, which is created after them.
private final class LossBox: Sendable {
    private struct State { weak var cluster: ProgressCluster? }

    private let state = Mutex(State())

    func attach(_ cluster: ProgressCluster) { state.withLock { $0.cluster = cluster } }

    func lose(_ journal: ProgressJournal, _ record: BackplaneRecord?) {
        state.withLock(\.cluster)?.lose(journal, to: record?.owner)
    }

    func noteLostRecords() { state.withLock(\.cluster)?.noteLostRecords() }
}
