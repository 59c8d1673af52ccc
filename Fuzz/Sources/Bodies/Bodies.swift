// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport
internal import LiveProgress

@_spi(Server) @testable internal import LiveProgressWire

/// Checks one input: the first byte, a letter, selects the kind of the rest.
public func checkInput(_ bytes: [UInt8]) {
    guard let kind = bytes.first else { return }
    let text = Array(bytes.dropFirst())
    switch kind {
    case UInt8(ascii: "r"): checkReport(try? ProgressReportBody.decodeReport(json: text))
    case UInt8(ascii: "R"):
        checkForm(text)
        checkReport(try? ProgressReportBody.decodeReport(form: text))
    case UInt8(ascii: "c"): checkCreation(try? ProgressReportBody.decodeCreate(json: text))
    case UInt8(ascii: "C"): checkCreation(try? ProgressReportBody.decodeCreate(form: text))
    case UInt8(ascii: "m"): checkMessage(text)
    case UInt8(ascii: "s"): checkSnapshot(text)
    case UInt8(ascii: "l"): checkPage(text)
    case UInt8(ascii: "p"): checkProblem(text)
    case UInt8(ascii: "w"):
        _ = try? ProgressClientMessage(text)
    default: break
    }
}

/// Checks that a report is the same after it is written as JSON and read again, whatever its first format was.
private func checkReport(_ report: ProgressReport?) {
    guard let report else { return }
    expect((report.completedCount ?? 0) >= 0 && (report.advance ?? 0) >= 0, "a negative count: \(report)")
    expect((report.totalCount?.count ?? 0) >= 0 && (report.attempt ?? 1) >= 1, "a wrong number: \(report)")
    do throws(WireError) {
        let again = try ProgressReportBody.decodeReport(json: ProgressReportBody.encodeReport(report))
        expectEqual(report, again, "a report, and the same written and read")
    } catch {
        fail("a report that was read cannot be read again: \(error)\n\(report)")
    }
}

/// Checks that the fields of a form are the same after they are escaped and read again.
private func checkForm(_ text: [UInt8]) {
    guard let fields = try? FormURLEncoded.fields(of: text) else { return }
    let form = fields.map { "\(escaped($0.name))=\(escaped($0.value))" }.joined(separator: "&")
    guard let again = try? FormURLEncoded.fields(of: Array(form.utf8)) else { fail("no form: \(form)") }
    expectEqual(fields.map { Array($0.name.utf8) }, again.map { Array($0.name.utf8) }, "names of a form's fields")
    expectEqual(fields.map { Array($0.value.utf8) }, again.map { Array($0.value.utf8) }, "values of a form's fields")
}

private func escaped(_ text: String) -> String {
    let digits = Array("0123456789abcdef")
    return text.utf8.map { "%\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined()
}

/// Checks that a creation is the same after it is written as JSON and read again.
private func checkCreation(_ creation: (id: ProgressID?, options: ProgressOptions, report: ProgressReport?)?) {
    guard let (id, options, report) = creation else { return }
    checkReport(report)
    let text = ProgressReportBody.encodeCreate(id: id, options: options, report: report)
    do throws(WireError) {
        let again = try ProgressReportBody.decodeCreate(json: text)
        expectEqual(id, again.id, "an identifier")
        expectEqual(report, again.report, "the first report")
        expectEqual(options.title, again.options.title, "a title")
        expectEqual(options.parent, again.options.parent, "a parent")
        expectEqual(options.labels, again.options.labels, "labels")
        expectEqual(options.isCancellable, again.options.isCancellable, "whether it is cancellable")
        // JSON has the lease in seconds as a floating-point number, which a duration rounds.
        let (lease, other) = (options.lease ?? .zero, again.options.lease ?? .zero)
        expect(abs((lease - other) / .nanoseconds(1)) < 1, "a lease of \(lease), then \(other)")
    } catch {
        fail("a creation that was read cannot be read again: \(error)\n\(String(decoding: text, as: UTF8.self))")
    }
}

/// Checks that a decoded value can be encoded and decoded again, and that both encodings are equal.
private func checkFixpoint<Value>(
    _ text: [UInt8],
    _ read: ([UInt8]) throws -> Value,
    _ write: (Value) -> [UInt8]?
) {
    guard let value = try? read(text), let written = write(value) else { return }
    do {
        let again = try read(written)
        expectEqual(
            String(decoding: written, as: UTF8.self),
            write(again).map { String(decoding: $0, as: UTF8.self) },
            "written, and written again"
        )
    } catch {
        fail("what was written cannot be read: \(error)\n\(String(decoding: written, as: UTF8.self))")
    }
}

private func checkMessage(_ text: [UInt8]) {
    checkFixpoint(text, { try ProgressServerMessage($0) }) { message in
        switch message {
        case .event(let event): ProgressMessage.encodeFull(event)
        case .removed(let id): ProgressMessage.encodeFeed(.removed(id))
        case .authenticated(let until): ProgressMessage.encodeAuthenticated(until: until)
        case .error(let problem): ProgressMessage.encodeError(problem)
        }
    }
    checkFixpoint(text, { try ProgressMessage.decodeFeed($0) }, { ProgressMessage.encodeFeed($0) })
    guard let event = try? ProgressMessage.decodeFull(text) else { return }
    // The plain format has exactly two members, whatever their values are.
    let plain = try? JSONValue(parsing: ProgressMessage.encodePlain(event.snapshot))
    expectEqual(plain?.objectValue?.names, ["state", "details"], "the members of a plain message")
}

private func checkSnapshot(_ text: [UInt8]) {
    checkFixpoint(text, { try ProgressMessage.decodeSnapshot($0) }, { ProgressMessage.encodeSnapshot($0) })
}

private func checkPage(_ text: [UInt8]) {
    checkFixpoint(text, { try ProgressMessage.decodePage($0) }, { ProgressMessage.encodePage($0) })
}

private func checkProblem(_ text: [UInt8]) {
    checkFixpoint(text, { try ProgressMessage.decodeProblem($0) }, { ProgressMessage.encodeProblem($0) })
}
