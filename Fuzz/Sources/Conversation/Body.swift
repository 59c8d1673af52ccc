// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

internal import FuzzSupport

/// The body of a request, and the fields that announce its length, which may be wrong.
struct Body {
    let fields: [String]
    let bytes: [UInt8]

    static func one(_ choices: inout Choices) -> Body {
        let text = choices.pick("{}", rarely: ["", "state=x", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"])
        let length =
            "Content-Length: " + choices.pick("\(text.utf8.count)", rarely: ["0", "1", "99", "-1", "x", "2, 2"])
        let isChunked = choices.happens()
        let coding =
            "Transfer-Encoding: " + choices.pick("chunked", rarely: ["gzip", "gzip, chunked", "chunked, x", ""])
        let sized = choices.happens() ? "\(length)\r\n\(length)" : length
        let fields = isChunked ? choices.pick([coding], rarely: [[coding, sized], [sized, coding]]) : [sized]
        let body = isChunked ? chunks(text, &choices) : text
        return Body(fields: fields, bytes: Array(body.utf8))
    }

    private static func chunks(_ text: String, _ choices: inout Choices) -> String {
        let size = choices.pick(
            String(text.utf8.count, radix: 16),
            rarely: ["0", "1", "fffffffffffffffff", "-1", "2;a=b"]
        )
        let trailers = choices.pick("", rarely: ["X: y\r\n", "Host: b\r\n", "Content-Length: 9\r\n", " \r\n"])
        let last = choices.pick("0\r\n", rarely: ["", "00\r\n", "0;x\r\n", "0 \r\n"])
        return "\(size)\r\n\(text)\(choices.pick("\r\n", rarely: ["\n", "", "x"]))\(last)\(trailers)\r\n"
    }
}
