// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport

@testable internal import LiveProgress

/// Checks one input: a text that may be JSON.
public func checkInput(_ bytes: [UInt8]) {
    do throws(JSONError) {
        check(try JSONValue(parsing: bytes))
    } catch {
        expect((0...bytes.count).contains(error.offset), "an error at byte \(error.offset) of \(bytes.count)")
    }
    for text in bytes.split(whereSeparator: { !isNumberByte($0) }).prefix(64) { checkNumber(Array(text)) }
}

/// Checks that a value is the same after it is written and read again, and checks its depth and its objects.
private func check(_ value: JSONValue) {
    let text = value.jsonBytes
    let depth = depth(of: value)
    expect(depth <= JSONValue.defaultMaximumDepth, "nested \(depth) deep")
    do throws(JSONError) {
        let again = try JSONValue(parsing: text, maximumDepth: depth)
        expectEqual(value, again, "read, and read again")
        expectEqual(value.hashValue, again.hashValue, "hashes of equal values")
        expectEqual(text, again.jsonBytes, "written, and written again")
    } catch {
        fail("what was written is not JSON: \(error)")
    }
    if depth > 0 { expect((try? JSONValue(parsing: text, maximumDepth: depth - 1)) == nil, "the depth is not heeded") }
    checkObjects(in: value)
}

private func depth(of value: JSONValue) -> Int {
    switch value {
    case .array(let elements): 1 + (elements.map(depth).max() ?? 0)
    case .object(let object): 1 + (object.map { depth(of: $0.value) }.max() ?? 0)
    case .null, .bool, .integer, .number, .string: 0
    }
}

/// Checks that an object finds each member by name, has no member twice, and allows the removal of a member.
private func checkObjects(in value: JSONValue) {
    switch value {
    case .array(let elements): for element in elements { checkObjects(in: element) }
    case .object(let object):
        for (name, value) in object {
            expect(object[name] == value, "the member \(name) is not found")
            checkObjects(in: value)
        }
        expectEqual(Set(object.names.map { JSONName(text: $0) }).count, object.count, "names, and different ones")
        guard let middle = object.names.dropFirst(object.count / 2).first else { return }
        var rest = object
        rest[middle] = nil
        expectEqual(rest.count, object.count - 1, "one member less")
        expect(rest.allSatisfy { rest[$0.name] == $0.value } && rest[middle] == nil, "lost after a removal")
    case .null, .bool, .integer, .number, .string: break
    }
}

private func isNumberByte(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || "+-.eE".utf8.contains(byte)
}

/// Checks that a number equals the standard library's result to the last bit; the library accepts all JSON numbers.
private func checkNumber(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    switch try? JSONValue(parsing: bytes) {
    case .integer(let value): expectEqual(value, Int64(text), "an integer: \(text)")
    case .number(let value):
        expectEqual(value.bitPattern, Double(text)?.bitPattern, "a number: \(text)")
        expect(value.isFinite, "not finite: \(text)")
    case nil: break
    default: fail("no number: \(text)")
    }
}
