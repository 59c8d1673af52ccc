// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

public import FoundationEssentials
public import LiveProgress
import LiveProgressGrammar

extension ProgressClient {
    /// Creates a client for what the environment names; returns `nil` if it names nothing.
    ///
    /// | variable | |
    /// |---|---|
    /// | `LIVE_PROGRESS_URL` | an operation to report on, or a server |
    /// | `LIVE_PROGRESS_SERVER` | without `LIVE_PROGRESS_URL`: the server on which operations are created |
    /// | `LIVE_PROGRESS_TOKEN` | the token |
    /// | `LIVE_PROGRESS_OWNER=1` | this process ends the operation; otherwise the process that began it does. Remove the variable for other programs that this process starts |
    /// | `LIVE_PROGRESS_DISABLED=1` | nothing is reported |
    ///
    /// ```swift
    /// let client = try ProgressClient.fromEnvironment()
    /// try await client.run("Import") { try await importRows(reportingTo: $0) }
    /// ```
    ///
    /// - Parameters:
    ///   - environment: The variables; by default those of the process.
    ///   - configuration: The times, limits and retries; an `https` URL needs ``Configuration/security``.
    /// - Returns: The client, or `nil`.
    /// - Throws: ``ProgressClientError/Code/invalidURL`` or ``ProgressClientError/Code/unsupportedScheme``.
    public static func fromEnvironment(
        _ environment: [String: String] = ProcessInfo.processInfo.environment,
        configuration: Configuration = Configuration()
    ) throws(ProgressClientError) -> ProgressClient? {
        let value = { (name: String) in environment["LIVE_PROGRESS_\(name)"].flatMap { $0.isEmpty ? nil : $0 } }
        if let disabled = value("DISABLED"), disabled != "0" { return nil }
        guard let url = value("URL") ?? value("SERVER") else { return nil }
        var configuration = configuration
        configuration.token = value("TOKEN") ?? configuration.token
        let target = value("URL") == nil ? nil : try? ProgressTarget(url: url)
        let server: ProgressServerAddress
        if let target { server = target.server } else { server = try ProgressServerAddress(url) }
        var client = ProgressClient(server: server, configuration: configuration)
        if client.server.isSecure, configuration.security == nil { throw ServerConnector.noSecurity(client.server) }
        client.operation = target?.id
        client.isGuest = value("OWNER") != "1"
        return client
    }

    /// Returns a client for the operation that the caller of a request has handed over, or `nil` if the request has none.
    ///
    /// The operation must be on this client's server, so that no caller can choose where this process sends reports.
    ///
    /// - Parameter field: The value of the request's field `Live-Progress`, as `ProgressHandover.field` gives it.
    /// - Returns: A client whose ``run(_:id:labels:lease:patience:operation:)`` reports on the operation.
    /// - Throws: ``ProgressClientError/Code/invalidURL`` if the field names no operation on this server.
    public func handedOver(_ field: String?) throws(ProgressClientError) -> ProgressClient? {
        guard let field else { return nil }
        let parts = field.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
        let target = try ProgressTarget(url: String(parts[0]))
        guard target.server == server else {
            throw ProgressClientError(.invalidURL, "The operation that was handed over is not on \(server.url).")
        }
        let name = "token="
        let token = parts.count == 1 ? nil : String(parts[1].dropFirst(name.count))
        if let token, !parts[1].hasPrefix(name) || token.isEmpty || !ByteSet.visible.containsAll(of: token.utf8) {
            throw ProgressClientError(.invalidURL, "The field Live-Progress has the form URL;token=TOKEN.")
        }
        // Never this process's own token: the caller may not do everything that this process may do.
        var client = configured { ($0.token, $0.tokenSource) = (token, nil) }
        client.operation = target.id
        client.isGuest = false
        return client
    }
}

extension ProgressClient? {
    /// Runs work as an operation, as `ProgressClient.run` does; without a client, only does the work.
    @discardableResult
    public func run<Result: Sendable>(
        _ title: String,
        id: ProgressID = ProgressID(),
        labels: [String: String] = [:],
        lease: Duration? = nil,
        patience: Duration = .seconds(5),
        operation: @escaping @Sendable (ProgressTracker) async throws -> Result
    ) async throws -> Result {
        guard let self else { return try await ProgressTracker.noop.run(operation) }
        return try await self.run(title, id: id, labels: labels, lease: lease, patience: patience, operation: operation)
    }
}
