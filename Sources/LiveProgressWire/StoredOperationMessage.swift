// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

package import LiveProgress

/// The JSON of an operation, as nodes pass it on: its revisions, and the values that its revisions do not show.
///
/// ```json
/// {"oldestRevision":3,"generationEnds":[7],"counts":{"completedCount":4},"lease":30,"worker":"w1",
///  "revisions":[{"snapshot":{"id":"…","cursor":"k3f9.1-8"},"reportSize":40,
///                "receipt":{"key":"…","fingerprint":"9f…","appliedLines":2}}]}
/// ```
/// Times have milliseconds. A reader ignores members that it does not know.
package enum StoredOperationMessage {
    /// Returns the JSON of an operation.
    package static func encode(_ operation: StoredOperation) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 512 * operation.revisions.count)
        writer.beginObject()
        writer.member("oldestRevision")
        writer.write(operation.oldestRevision)
        writer.member("isTickOpen")
        writer.write(operation.isTickOpen)
        writer.member("generationEnds")
        writer.beginArray()
        for end in operation.generationEnds { writer.write(end) }
        writer.endArray()
        if let counts = operation.counts { write(counts, to: &writer) }
        if let lease = operation.lease {
            writer.member("lease")
            writer.write(lease)
        }
        if let worker = operation.worker {
            writer.member("worker")
            writer.write(worker)
        }
        writer.member("revisions")
        writer.beginArray()
        for revision in operation.revisions { write(revision, to: &writer) }
        writer.endArray()
        writer.endObject()
        return writer.bytes
    }

    private static func write(_ counts: StoredOperation.Counts, to writer: inout JSONWriter) {
        writer.member("counts")
        writer.beginObject()
        writer.member("completedCount")
        writer.write(counts.completedCount)
        if let total = counts.totalCount {
            writer.member("totalCount")
            writer.write(total)
        }
        if let unit = counts.unit {
            writer.member("unit")
            writer.write(unit)
        }
        writer.member("baselineCount")
        writer.write(counts.baselineCount)
        if let fraction = counts.fractionCompleted {
            writer.member("fractionCompleted")
            writer.write(fraction)
        }
        writer.member("unitsOfParts")
        writer.write(counts.unitsOfParts)
        writer.endObject()
    }

    private static func write(_ revision: StoredOperation.Revision, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("snapshot")
        writer.write(preformatted: ProgressMessage.encodeSnapshot(revision.snapshot))
        writer.member("reportSize")
        writer.write(revision.reportSize)
        if let receipt = revision.receipt {
            writer.member("receipt")
            writer.beginObject()
            writer.member("key")
            writer.write(receipt.key)
            // A number in JSON may lose digits above 2^53.
            writer.member("fingerprint")
            writer.write(String(receipt.fingerprint, radix: 16))
            if let lines = receipt.appliedLines {
                writer.member("appliedLines")
                writer.write(lines)
            }
            writer.endObject()
        }
        writer.endObject()
    }

    /// Reads an operation.
    ///
    /// - Throws: ``WireError`` if the text is not the JSON of an operation.
    package static func decode(_ bytes: some Sequence<UInt8>) throws(WireError) -> StoredOperation {
        try decode(WireReader(json: bytes))
    }

    /// Reads an operation that is a part of another message.
    ///
    /// - Throws: ``WireError`` if the value is not an operation.
    package static func decode(_ value: JSONValue) throws(WireError) -> StoredOperation {
        guard let members = value.objectValue else { throw WireError(message: "The operation must be a JSON object.") }
        return try decode(WireReader(members))
    }

    private static func decode(_ reader: WireReader) throws(WireError) -> StoredOperation {
        var revisions: [StoredOperation.Revision] = []
        for value in reader.value("revisions")?.arrayValue ?? [] {
            guard let members = value.objectValue else { throw reader.error("revisions", "must have only objects") }
            revisions.append(try revision(WireReader(members, prefix: "revisions.")))
        }
        guard !revisions.isEmpty else { throw reader.error("revisions", "must have at least one revision") }
        return StoredOperation(
            revisions: revisions,
            oldestRevision: try number("oldestRevision", reader),
            isTickOpen: try reader.bool("isTickOpen") ?? false,
            generationEnds: reader.value("generationEnds")?.arrayValue?.compactMap {
                $0.intValue.flatMap { UInt64(exactly: $0) }
            } ?? [],
            counts: try reader.object("counts").map { members throws(WireError) in
                try counts(WireReader(members, prefix: "counts."))
            },
            lease: try reader.number("lease").map { .seconds($0) },
            worker: try reader.string("worker")
        )
    }

    private static func number(_ name: String, _ reader: WireReader) throws(WireError) -> UInt64 {
        UInt64(try reader.required(name, reader.count(name)))
    }

    private static func counts(_ reader: WireReader) throws(WireError) -> StoredOperation.Counts {
        StoredOperation.Counts(
            completedCount: try reader.required("completedCount", reader.count("completedCount")),
            totalCount: try reader.count("totalCount"),
            unit: try reader.string("unit"),
            baselineCount: try reader.count("baselineCount") ?? 0,
            fractionCompleted: try reader.number("fractionCompleted"),
            unitsOfParts: try reader.number("unitsOfParts") ?? 0
        )
    }

    private static func revision(_ reader: WireReader) throws(WireError) -> StoredOperation.Revision {
        StoredOperation.Revision(
            snapshot: try WireReader(reader.required("snapshot", reader.object("snapshot"))).snapshot(),
            reportSize: Int(try reader.count("reportSize") ?? 0),
            receipt: try reader.object("receipt").map { members throws(WireError) in
                let reader = WireReader(members, prefix: "receipt.")
                let fingerprint = try reader.required("fingerprint", reader.string("fingerprint"))
                guard let number = UInt64(fingerprint, radix: 16) else {
                    throw reader.error("fingerprint", "must be a hexadecimal number")
                }
                return StoredOperation.Receipt(
                    key: try reader.required("key", reader.string("key")),
                    fingerprint: number,
                    appliedLines: try reader.count("appliedLines").map { Int($0) }
                )
            }
        )
    }
}
