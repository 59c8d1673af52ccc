// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
import LiveProgress
import LiveProgressWire

/// The worker of an operation on a server: its journal in this process, and the sink of the journal.
struct RemoteWorker {
    let sink: ServerSink
    private let tracker: ProgressTracker

    /// Creates the worker of an operation that is to be created.
    init(
        _ client: ProgressClient,
        creating id: ProgressID,
        _ options: ProgressOptions,
        _ report: ProgressReport? = nil
    ) {
        self.init(client, Self.pending(id, options, client), report, onServer: nil) { epoch in
            var first = report ?? ProgressReport()
            first.worker = epoch
            return ProgressReportBody.encodeCreate(id: id, options: options, report: first)
        }
    }

    /// Creates the worker of an operation that exists.
    ///
    /// - Parameters:
    ///   - client: The client.
    ///   - snapshot: The operation as it is on the server.
    ///   - isGuest: Whether another process ends the operation.
    init(_ client: ProgressClient, continuing snapshot: ProgressSnapshot, isGuest: Bool = false) {
        self.init(client, snapshot, onServer: snapshot, isGuest: isGuest)
    }

    /// Creates the worker of an operation that exists, while its server cannot be reached.
    init(_ client: ProgressClient, unseen id: ProgressID, isGuest: Bool) {
        self.init(client, Self.pending(id, ProgressOptions(), client), onServer: nil, isGuest: isGuest)
    }

    private init(
        _ client: ProgressClient,
        _ snapshot: ProgressSnapshot,
        _ report: ProgressReport? = nil,
        onServer: ProgressSnapshot?,
        isGuest: Bool = false,
        creation: ((_ epoch: String) -> [UInt8])? = nil
    ) {
        let configuration = client.configuration
        let epoch = String(UInt64.random(in: .min ... .max), radix: 36)
        let first = snapshot.continued(inEpoch: epoch, with: report, clock: configuration.clock)
        let delivery = ServerDelivery(
            // The creator of an operation names itself, so that it cannot report on an operation that replaces it.
            lines: DeliveryLines(
                epoch: epoch,
                known: first,
                worker: creation == nil ? nil : epoch,
                isGuest: isGuest
            ),
            creation: creation?(epoch),
            onServer: onServer,
            times: ServerDelivery.Times(configuration),
            now: configuration.clock.now()
        )
        sink = ServerSink(client: client, id: first.id, delivery: delivery)
        tracker = ProgressTracker(
            of: first,
            capacity: configuration.maximumWaitingReports,
            clock: configuration.clock,
            sink: sink,
            host: sink
        )
    }

    /// Starts to send; returns the tracker.
    func start() -> ProgressTracker {
        // Detached, so that the task does not hold the tracker of the work that begins the operation.
        if let journal = tracker.journal { Task.detached { [sink] in await sink.run(journal) } }
        return tracker
    }

    private static func pending(_ id: ProgressID, _ options: ProgressOptions, _ client: ProgressClient)
        -> ProgressSnapshot
    {
        let now = client.configuration.clock.date()
        return ProgressSnapshot(
            id: id,
            cursor: ProgressCursor(epoch: "0", revision: 0),
            title: options.title,
            parent: options.parent,
            labels: options.labels,
            isCancellable: options.isCancellable,
            createdAt: now,
            updatedAt: now
        )
    }
}

extension ServerDelivery.Times {
    init(_ configuration: ProgressClient.Configuration) {
        self.init(
            interval: configuration.reportInterval,
            heartbeat: configuration.heartbeatInterval,
            firstRetry: configuration.initialRetryDelay,
            longestRetry: configuration.maximumRetryDelay,
            random: configuration.random
        )
    }
}
