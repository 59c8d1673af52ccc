// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import LiveProgress
@_spi(Server) import LiveProgressWire
import Synchronization

extension ProgressAPI {
    /// Sets ``Configuration/publicURL`` of a server that learns its port when it listens.
    @_spi(Server) public func setPublicURL(_ url: String) {
        service.attach(ServedOperations(of: self, at: url))
    }
}

/// The operations of a service as other processes reach them.
private final class ServedOperations: OperationHost {
    private struct State {
        weak var service: ProgressService?
    }

    /// Weak, because the service holds this object.
    private let state: Mutex<State>
    private let url: String
    private let path: String
    private let authorizer: (any ProgressAuthorizer)?

    init(of api: ProgressAPI, at url: String) {
        state = Mutex(State(service: api.service))
        self.url = url.last == "/" ? String(url.dropLast()) : url
        path = api.configuration.path
        authorizer = api.configuration.authorizer
    }

    func link(of id: ProgressID) -> ProgressLink {
        ProgressLink(url: url + ProgressRoutes.path(for: id, under: path))
    }

    func handOver(_ options: ProgressOptions) async throws -> any HandedOverOperation {
        guard let service = state.withLock(\.service) else { throw CancellationError() }
        let journal = try service.createJournal(options: options)
        // The program itself creates the operation, so its tokens are bound to no labels.
        let program = ProgressPrincipal(grants: [ProgressGrant([.admin], for: .everything)])
        let tokens = authorizer?.tokens(for: journal.snapshot(), createdBy: program)
        return JournalElsewhere(journal: journal, link: ProgressLink(url: link(of: journal.id).url, tokens: tokens))
    }
}

/// An operation of a service that another process reports.
private struct JournalElsewhere: HandedOverOperation {
    let journal: ProgressJournal
    let link: ProgressLink

    var id: ProgressID { journal.id }

    func follow(_ take: (ProgressSnapshot) -> Void) async throws {
        for try await event in journal.events() { take(event.snapshot) }
    }

    func requestCancel() async {
        // The operation may have ended.
        _ = try? journal.requestCancel()
    }

    func end(_ outcome: ProgressOutcome) async throws {
        try journal.report(ProgressReport(outcome: outcome))
    }
}
