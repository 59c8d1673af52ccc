# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The lengths of requests (RFC 9112 sections 6 to 8), and the bytes after a request."""

from __future__ import annotations

from rows import EDGE, GET, QUIET, json_request, request, row
from steps import Answer, Ended, HalfClose, Reset, Send, Served
from table_http import MALFORMED, OK, malformed


def sized(*fields: str, body: bytes = b"{}") -> bytes:
    """Returns a report with the given length fields."""
    return request("PATCH " + QUIET, "Content-Type: application/json", *fields) + body


def chunked(body: bytes) -> bytes:
    return sized("Transfer-Encoding: chunked", body=body)


LENGTHS = [
    malformed("9112-6.3", "two lengths", sized("Content-Length: 2", "Content-Length: 3")),
    malformed("9112-6.3", "two lengths in one field", sized("Content-Length: 2, 3")),
    *[
        malformed("9112-6.3", f"a length of {name}", sized(f"Content-Length: {length}"))
        for name, length in (
            ("minus one", "-1"),
            ("plus two", "+2"),
            ("two in hexadecimal", "0x2"),
            ("two and a half", "2.5"),
            ("nothing", ""),
            ("words", "two"),
            ("2^64", "18446744073709551616"),
            ("twenty-one nines", "9" * 21),
        )
    ],
    malformed(
        "9112-6.1",
        "a length and chunks (CL.TE)",
        sized("Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\nG"),
    ),
    malformed(
        "9112-6.1",
        "chunks and a length (TE.CL)",
        sized("Transfer-Encoding: chunked", "Content-Length: 5", body=b"0\r\n\r\nG"),
    ),
    malformed(
        "9112-6.1",
        "an unknown coding",
        sized("Transfer-Encoding: rot13"),
        "transfer-coding",
        501,
        needs=EDGE,
    ),
    malformed(
        "9112-6.1",
        "gzip, then chunks",
        sized("Transfer-Encoding: gzip, chunked", body=b"2\r\n[]\r\n0\r\n\r\n"),
        "transfer-coding",
        501,
        needs=EDGE,
    ),
    *[
        malformed(
            "9112-6.1", f"Transfer-Encoding: {coding!r}", sized(f"Transfer-Encoding: {coding}", body=b"0\r\n\r\n")
        )
        for coding in ("chunked, identity", "identity, chunked, identity")
    ],
    *[
        malformed(
            "9112-6.1",
            f"Transfer-Encoding: {coding!r}",
            sized(f"Transfer-Encoding: {coding}", body=b"2\r\n[]\r\n0\r\n\r\n"),
            needs=EDGE,
        )
        for coding in ("chunked, chunked", "\x0bchunked", "")
    ],
    *[
        malformed(
            "9112-6.1",
            f"Transfer-Encoding: {coding}",
            sized(f"Transfer-Encoding: {coding}", body=b"0\r\n\r\n"),
            "transfer-coding",
            501,
            needs=EDGE,
        )
        for coding in ("xchunked", "chunked;q=1", "identity")
    ],
    malformed(
        "9112-6.1",
        "chunks of HTTP/1.0",
        chunked(b"2\r\n[]\r\n0\r\n\r\n").replace(b"HTTP/1.1", b"HTTP/1.0"),
        needs=EDGE,
    ),
    *[
        malformed("9112-7.1", f"a chunk {name}", chunked(body))
        for name, body in (
            ("whose size is a word", b"two\r\n{}\r\n0\r\n\r\n"),
            ("whose size is negative", b"-2\r\n{}\r\n0\r\n\r\n"),
            ("whose size has 17 digits", b"1" + b"0" * 16 + b"\r\n{}\r\n"),
            ("whose size is 0x2", b"0x2\r\n{}\r\n0\r\n\r\n"),
            ("longer than its size", b"2\r\n{}{}\r\n0\r\n\r\n"),
            ("without a line break after it", b"2\r\n{}0\r\n\r\n"),
            ("whose size ends with a bare LF", b"2\n{}\r\n0\r\n\r\n"),
            ("with a space before its size", b" 2\r\n{}\r\n0\r\n\r\n"),
        )
    ],
    malformed(
        "9112-7.1.1",
        "a chunk extension of 100 KiB",
        chunked(b"2;x=" + b"a" * 102_400 + b"\r\n{}\r\n0\r\n\r\n"),
        "headers-too-large",
        431,
        needs=EDGE,
    ),
    malformed(
        "9112-7.1.2",
        "trailers of 100 KiB",
        chunked(b"0\r\nX: " + b"a" * 102_400 + b"\r\n\r\n"),
        "headers-too-large",
        431,
    ),
    malformed("9110-6.5.1", "a length among the trailers", chunked(b"2\r\n[]\r\n0\r\nContent-Length: 9\r\n\r\n")),
    row(
        "9112-6.3",
        "the body of a GET is not read as a request",
        request("GET /healthz", body=b"GET /nothing HTTP/1.1\r\n\r\n"),
        OK,
        Served(),
    ),
    row(
        "9112-9.3.2",
        "fifty requests in one packet, answered in order",
        (GET + request("GET /nothing")) * 25,
        *[OK, Answer(404, "about:blank")] * 25,
        Served(),
    ),
    row(
        "9112-9.3.2",
        "a refused report, then a request",
        json_request("PATCH " + QUIET, "["),
        Answer(400, "malformed-body"),
        Served(),
    ),
    row("9112-9.3.2", "a request, then random bytes", GET + b"\x00\xff noise\r\n\r\n", OK, MALFORMED, Ended(), needs=EDGE),
    row("9112-9.6", "a half-close after a request", GET, HalfClose(), OK, Ended()),
    row("9112-8", "a half-close within a head", GET[:30], HalfClose(), MALFORMED, Ended()),
    row(
        "9112-8",
        "a half-close within a body",
        sized("Content-Length: 100"),
        HalfClose(),
        Answer(400, "malformed-request", closing=True),
        Ended(),
    ),
    row(
        "9112-8",
        "a half-close within a chunk",
        chunked(b"5\r\n{}"),
        HalfClose(),
        Answer(400, "malformed-request", closing=True),
        Ended(),
    ),
    row("inv-11", "an RST within a body", sized("Content-Length: 100"), Reset()),
    row("inv-11", "an RST within a head", GET[:30], Reset()),
    row("9112-2.2", "a request, one byte at a time", Send(GET, 1, 0.005), OK, Served()),
]
