// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

import FoundationEssentials
public import LiveProgress
import NATSClient
import NIOCore

/// The header fields of a record.
private enum Field {
    static let owner = "LP-Owner"
    static let previous = "LP-Previous"
    /// A random text, by which a writer finds its own record when it does not know whether it was stored.
    static let marker = "LP-Marker"
    /// The time at which the record is forgotten, in milliseconds since 1970.
    ///
    /// Servers before 2.11 do not know `Nats-TTL`.
    static let until = "LP-Until"
}

extension NATSBackplane {
    /// Writes a record.
    ///
    /// A write whose outcome is unknown is read, and repeated if it was not stored, until the time limit.
    public func write(
        _ draft: BackplaneDraft,
        of id: ProgressID,
        expecting sequence: UInt64
    ) async throws(BackplaneError) -> UInt64 {
        let marker = String(UInt64.random(in: 0 ... .max), radix: 36)
        let headers = try headers(of: draft, marker: marker, previous: sequence)
        let deadline = ContinuousClock.now + configuration.timeout
        var expected = sequence
        var mayBeStored = false
        while true {
            let failure: NATSError
            do throws(NATSError) {
                return try await streams.publish(
                    ByteBuffer(bytes: draft.payload),
                    to: names.record(id.token),
                    expecting: .lastOfSubject(expected),
                    headers: headers
                )
                .sequence
            } catch {
                failure = error
            }
            mayBeStored = mayBeStored || failure.mayHaveStored
            guard failure.mayHaveStored || failure.code == .notConnected else {
                throw BackplaneError(failure, mayBeStored: mayBeStored)
            }
            if mayBeStored {
                // The outcome is read, and never guessed.
                switch try await outcome(of: marker, after: expected, replacing: sequence, id, failure) {
                case .stored(let sequence): return sequence
                case .missing(let last): expected = last ?? expected
                }
            }
            guard ContinuousClock.now < deadline, !Task.isCancelled else {
                throw BackplaneError(failure, mayBeStored: mayBeStored)
            }
            if failure.code != .wrongLastSequence { try? await Task.sleep(for: .milliseconds(50)) }
        }
    }

    private enum WriteOutcome {
        case stored(UInt64)
        /// The record is not stored, or the stream cannot be read; a forgotten record, if there is one, has this sequence.
        case missing(last: UInt64?)
    }

    /// Finds out what became of a write: the record after the expected one is its own, another one, or missing.
    private func outcome(
        of marker: String,
        after expected: UInt64,
        replacing sequence: UInt64,
        _ id: ProgressID,
        _ failure: NATSError
    ) async throws(BackplaneError) -> WriteOutcome {
        let next = await successor(of: expected, id)
        switch next {
        case .failure(let error):
            if error.code == .streamNotFound { await restoreStream() }
        case .success(nil):
            if failure.code == .wrongLastSequence, await isMissing(id) {
                throw BackplaneError(.conflict, "The record \(sequence), which was to be replaced, is gone.")
            }
        case .success(let found?):
            if found.headers[Field.marker] == marker { return .stored(found.sequence) }
            if sequence == 0, isForgotten(found.headers) { return .missing(last: found.sequence) }
            if found.headers[Field.previous] == "\(sequence)" {
                throw BackplaneError(.conflict, "Another record was written after \(sequence).")
            }
            // The record after the expected one was removed since, and may have been this one.
            throw BackplaneError(.unknownOutcome, "Later records hide whether the record was stored.")
        }
        return .missing(last: nil)
    }

    /// Returns the newest record, from the stream's leader.
    public func read(_ id: ProgressID) async throws(BackplaneError) -> BackplaneRecord? {
        do throws(NATSError) {
            return try await newestMessage(of: id).flatMap { record($0, of: id) }
        } catch {
            throw BackplaneError(error)
        }
    }

    /// Returns the kept records, from the stream's leader.
    public func history(of id: ProgressID) async throws(BackplaneError) -> [BackplaneRecord] {
        guard let newest = try await read(id) else { return [] }
        var records: [BackplaneRecord] = []
        var next: UInt64 = 0
        do throws(NATSError) {
            while next <= newest.sequence {
                let found = try await reading { () async throws(NATSError) in
                    try await streams.nextMessage(of: names.record(id.token), from: next, in: names.stream)
                }
                guard let found, let record = record(found, of: id) else { break }
                // The server may have removed old records meanwhile.
                if let last = records.last, record.previous != last.sequence { records = [] }
                records.append(record)
                next = found.sequence + 1
            }
        } catch {
            throw BackplaneError(error)
        }
        return records.last?.sequence ?? 0 >= newest.sequence ? records : [newest]
    }

    /// Returns the newest record of each operation, without its payload.
    public func scan() async throws(BackplaneError) -> [BackplaneRecord] {
        do throws(NATSError) {
            let pattern = names.record("*")
            return try await streams.lastMessages(of: pattern, in: names.stream).compactMap { message in
                names.id(ofRecord: message.subject).flatMap { record(message, of: $0) }
            }
        } catch {
            throw BackplaneError(error)
        }
    }

    /// Returns the newest message, also if it is forgotten, from the stream's leader.
    func newestMessage(of id: ProgressID) async throws(NATSError) -> StoredMessage? {
        try await reading { () async throws(NATSError) in
            try await streams.lastMessage(of: names.record(id.token), in: names.stream)
        }
    }

    /// Returns the message after a sequence, also if it is forgotten.
    private func successor(of sequence: UInt64, _ id: ProgressID) async -> Result<StoredMessage?, NATSError> {
        do throws(NATSError) {
            return .success(
                try await streams.nextMessage(of: names.record(id.token), from: sequence + 1, in: names.stream)
            )
        } catch {
            return .failure(error)
        }
    }

    /// Whether an operation has no record at all.
    private func isMissing(_ id: ProgressID) async -> Bool {
        do throws(NATSError) {
            return try await streams.lastMessage(of: names.record(id.token), in: names.stream) == nil
        } catch {
            return false
        }
    }

    private func headers(
        of draft: BackplaneDraft,
        marker: String,
        previous: UInt64
    ) throws(BackplaneError) -> NATSHeaders {
        var headers = NATSHeaders()
        do throws(NATSError) {
            try headers.add(draft.owner, for: Field.owner)
            try headers.add("\(previous)", for: Field.previous)
            try headers.add(marker, for: Field.marker)
            if let lifetime = draft.lifetime {
                let until = Date.now.timeIntervalSince1970 + Double(lifetime.components.seconds)
                try headers.add("\(Int(until * 1000))", for: Field.until)
                // With a time to live alone, an older record would come back.
                try headers.add("sub", for: "Nats-Rollup")
                if client.knowsMessageTTL {
                    try headers.add("\(max(1, lifetime.components.seconds))s", for: "Nats-TTL")
                }
            }
        } catch {
            throw BackplaneError(error)
        }
        return headers
    }

    /// Returns a record; `nil` if it is forgotten, or is no record.
    func record(
        _ sequence: UInt64,
        _ headers: NATSHeaders,
        _ payload: ByteBuffer,
        of id: ProgressID
    ) -> BackplaneRecord? {
        guard !isForgotten(headers), let owner = headers[Field.owner],
            let previous = headers[Field.previous].flatMap({ UInt64($0) })
        else { return nil }
        return BackplaneRecord(
            id: id,
            sequence: sequence,
            previous: previous,
            owner: owner,
            payload: Array(payload.readableBytesView)
        )
    }

    private func record(_ message: StoredMessage, of id: ProgressID) -> BackplaneRecord? {
        record(message.sequence, message.headers, message.payload, of: id)
    }

    private func isForgotten(_ headers: NATSHeaders) -> Bool {
        guard let until = headers[Field.until].flatMap({ Int($0) }) else { return false }
        return Int(Date.now.timeIntervalSince1970 * 1000) >= until
    }
}

extension NATSError {
    /// Whether a write with this error may have been stored.
    fileprivate var mayHaveStored: Bool {
        isOutcomeUnknown || code == .noResponders || code == .unavailable || code == .wrongLastSequence
    }
}

extension BackplaneError {
    init(_ error: NATSError) {
        self.init(.unavailable, "\(error)")
    }

    /// Creates the error of a write.
    fileprivate init(_ error: NATSError, mayBeStored: Bool) {
        if mayBeStored {
            self.init(.unknownOutcome, "It is not known whether the record is stored: \(error)")
        } else {
            self.init(error.code == .tooLarge ? .tooLarge : .unavailable, "\(error)")
        }
    }
}
