# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Clients that violate HTTP/2 (RFC 9113) or HPACK (RFC 7541), and clients that are valid but harmful."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import hpack
from rows import QUIET, REPORT
from tls import DATA, GOAWAY, HEADERS, PING, RST_STREAM, SETTINGS, WINDOW_UPDATE, Frames

PRIORITY, PUSH_PROMISE, CONTINUATION = 2, 5, 9
END_STREAM, ACK, END_HEADERS, PADDED = 0x1, 0x1, 0x4, 0x8
NO_ERROR, PROTOCOL, FLOW_CONTROL, CLOSED, FRAME_SIZE, REFUSED, COMPRESSION, CALM = 0, 1, 3, 5, 6, 7, 9, 11


@dataclass
class Fails:
    """The connection or the stream at fault ends with one of these error codes."""

    codes: tuple


@dataclass
class Answers:
    """The stream receives a response with this status code."""

    status: int
    stream: int = 1


class Ends:
    """The connection ends, with any frames before the end."""


@dataclass
class Row:
    """A client: the rule, a description, the bytes after its preface, and the expected outcome."""

    rule: str
    name: str
    data: bytes
    outcome: Fails | Answers | Ends
    has_preface: bool = True
    half_closes: bool = False
    """Whether the client closes its side for writing after the bytes."""

    def __str__(self) -> str:
        return f"{self.name} ({self.rule})"


def frame(kind: int, payload: bytes = b"", flags: int = 0, stream: int = 0) -> bytes:
    return Frames.frame(kind, payload, flags, stream)


def block(*fields: tuple[str, str] | tuple[bytes, bytes]) -> bytes:
    """Returns a header block that does not change the dynamic table."""
    encoder = hpack.Encoder()
    encoder.header_table_size = 0
    return encoder.encode([hpack.NeverIndexedHeaderTuple(*field) for field in fields], huffman=False)


def headers(*fields, stream: int = 1, ends: bool = True) -> bytes:
    return frame(HEADERS, block(*fields), END_HEADERS | (END_STREAM if ends else 0), stream)


def request(method: str = "GET", path: str = "/healthz", *more, scheme="https", authority="localhost", **options) -> bytes:
    """Returns a request that is valid except for the given parts."""
    pseudo = [(":method", method), (":scheme", scheme), (":authority", authority), (":path", path)]
    return headers(*[(name, value) for name, value in pseudo if value is not None], *more, **options)


def setting(*pairs: tuple[int, int]) -> bytes:
    return frame(SETTINGS, b"".join(struct.pack(">HI", *pair) for pair in pairs))


def report(*more, body: bytes = REPORT.encode(), ends: bool = True, stream: int = 1) -> bytes:
    """Returns a request with a body; if a part is invalid, the report must not be applied."""
    fields = (("content-type", "application/json"), *more)
    return request("PATCH", QUIET, *fields, ends=False, stream=stream) + frame(DATA, body, END_STREAM if ends else 0, stream)


GET = request()
OPEN = request("PATCH", QUIET, ("content-type", "application/json"), ends=False)
"""A request without its body."""
PSEUDO = ((":method", "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", "/healthz"))
LONG = frame(HEADERS, block(*PSEUDO)[:3], END_STREAM, 1)
"""The first part of a header block, which needs CONTINUATION frames."""


def wrong(rule: str, name: str, data: bytes, *codes: int, **more) -> Row:
    return Row(rule, name, data, Fails(codes), **more)


def malformed(name: str, *fields, rule: str = "RFC 9113 8.1.1") -> Row:
    return wrong(rule, name, headers(*fields), PROTOCOL)


PREFACE = [
    Row("RFC 9113 3.4", "an HTTP/1.1 request after ALPN selected HTTP/2", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", Ends(), False),
    Row("RFC 9113 3.4", "random bytes instead of a preface", bytes(range(256)), Ends(), False),
    wrong("RFC 9113 3.4", "no SETTINGS after the preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + GET, PROTOCOL, has_preface=False),
    Row("RFC 9113 3.4", "an incomplete preface, and the end", b"PRI * HT", Ends(), False, half_closes=True),
]

FRAMES = [
    wrong("RFC 9113 4.2", "a frame over the maximum frame size", frame(DATA, bytes(16_385), 0, 1), FRAME_SIZE),
    Row("RFC 9113 4.1", "a frame of an unknown type", frame(0xFA, b"?" * 100, 0xFF, 0) + GET, Answers(200)),
    Row("RFC 9113 4.1", "unknown flags", frame(PING, bytes(8), 0xFE) + GET, Answers(200)),
    wrong("RFC 9113 6.1", "DATA on stream 0", frame(DATA, b"x", 0, 0), PROTOCOL),
    wrong("RFC 9113 5.1", "DATA on a stream that is not open", frame(DATA, b"x", 0, 1), PROTOCOL, CLOSED),
    wrong("RFC 9113 6.1", "padding longer than the frame", OPEN + frame(DATA, b"\x09x", PADDED, 1), PROTOCOL),
    wrong("RFC 9113 6.2", "padding longer than the header block", frame(HEADERS, b"\xff" + block(*PSEUDO), END_HEADERS | PADDED, 1), PROTOCOL),
    wrong("RFC 9113 6.2", "HEADERS on stream 0", headers(*PSEUDO, stream=0), PROTOCOL),
    wrong("RFC 9113 5.1.1", "a stream with an even identifier", request(stream=2), PROTOCOL),
    wrong("RFC 9113 5.1.1", "a stream with a lower identifier than before", request(stream=5) + request(stream=3), PROTOCOL, CLOSED),
    wrong("RFC 9113 5.1", "DATA after the end of its stream", GET + frame(DATA, b"x", 0, 1), CLOSED, PROTOCOL),
    wrong("RFC 9113 6.3", "PRIORITY of four bytes", frame(PRIORITY, bytes(4), 0, 1), FRAME_SIZE),
    wrong("RFC 9113 6.3", "PRIORITY on stream 0", frame(PRIORITY, bytes(5), 0, 0), PROTOCOL),
    Row("RFC 9113 6.3", "PRIORITY of a stream that is opened later", frame(PRIORITY, bytes(4) + b"\x10", 0, 1) + GET, Answers(200)),
    wrong("RFC 9113 6.4", "RST_STREAM of three bytes", OPEN + frame(RST_STREAM, bytes(3), 0, 1), FRAME_SIZE),
    wrong("RFC 9113 6.4", "RST_STREAM on stream 0", frame(RST_STREAM, bytes(4), 0, 0), PROTOCOL),
    wrong("RFC 9113 6.4", "RST_STREAM of a stream that is not open", frame(RST_STREAM, bytes(4), 0, 1), PROTOCOL),
    wrong("RFC 9113 8.4", "PUSH_PROMISE, which only a server can send", OPEN + frame(PUSH_PROMISE, b"\0\0\0\2" + block(*PSEUDO), END_HEADERS, 1), PROTOCOL),
    wrong("RFC 9113 6.7", "PING of seven bytes", frame(PING, bytes(7)), FRAME_SIZE),
    wrong("RFC 9113 6.7", "PING on a stream", frame(PING, bytes(8), 0, 1), PROTOCOL),
    Row("RFC 9113 6.7", "a PING acknowledgement without a PING", frame(PING, bytes(8), ACK) + GET, Answers(200)),
    wrong("RFC 9113 6.8", "GOAWAY on a stream", frame(GOAWAY, bytes(8), 0, 1), PROTOCOL),
    wrong("RFC 9113 6.8", "GOAWAY of four bytes", frame(GOAWAY, bytes(4)), FRAME_SIZE, PROTOCOL),
    wrong("RFC 9113 6.10", "CONTINUATION without HEADERS", frame(CONTINUATION, block(*PSEUDO), END_HEADERS, 1), PROTOCOL),
    wrong("RFC 9113 6.10", "PING within a header block", LONG + frame(PING, bytes(8)), PROTOCOL),
    wrong("RFC 9113 6.10", "CONTINUATION on another stream", LONG + frame(CONTINUATION, block(*PSEUDO)[3:], END_HEADERS, 3), PROTOCOL),
]

SETTINGS_AND_WINDOWS = [
    wrong("RFC 9113 6.5", "SETTINGS of five bytes", frame(SETTINGS, bytes(5)), FRAME_SIZE),
    wrong("RFC 9113 6.5", "SETTINGS on a stream", frame(SETTINGS, b"", 0, 1), PROTOCOL),
    wrong("RFC 9113 6.5", "a SETTINGS acknowledgement with settings", frame(SETTINGS, bytes(6), ACK), FRAME_SIZE),
    wrong("RFC 9113 6.5.2", "ENABLE_PUSH of 2", setting((2, 2)), PROTOCOL),
    wrong("RFC 9113 6.5.2", "a window of 2^31", setting((4, 1 << 31)), FLOW_CONTROL),
    wrong("RFC 9113 6.5.2", "a maximum frame size of one byte", setting((5, 1)), PROTOCOL),
    wrong("RFC 9113 6.5.2", "a maximum frame size of 2^24 bytes", setting((5, 1 << 24)), PROTOCOL),
    Row("RFC 9113 6.5.2", "an unknown setting", setting((0xFAFA, 7)) + GET, Answers(200)),
    Row("RFC 7541 4.2", "a header table size of 0, then of 4,096", setting((1, 0)) + setting((1, 4096)) + GET, Answers(200)),
    wrong("RFC 9113 6.9", "WINDOW_UPDATE of 0", frame(WINDOW_UPDATE, bytes(4)), PROTOCOL),
    wrong("RFC 9113 6.9", "WINDOW_UPDATE of 0 on a stream", OPEN + frame(WINDOW_UPDATE, bytes(4), 0, 1), PROTOCOL),
    wrong("RFC 9113 6.9", "WINDOW_UPDATE of three bytes", frame(WINDOW_UPDATE, bytes(3)), FRAME_SIZE),
    wrong("RFC 9113 6.9.1", "a window above 2^31 - 1", frame(WINDOW_UPDATE, b"\x7f\xff\xff\xff") * 2, FLOW_CONTROL),
    wrong("RFC 9113 6.9.1", "a stream's window above 2^31 - 1", OPEN + frame(WINDOW_UPDATE, b"\x7f\xff\xff\xff", 0, 1) * 2, FLOW_CONTROL),
    wrong("RFC 9113 5.1", "WINDOW_UPDATE of a stream that is not open", frame(WINDOW_UPDATE, b"\0\0\0\1", 0, 9), PROTOCOL),
    wrong("RFC 9113 6.9", "more DATA than the window allows", OPEN + frame(DATA, bytes(16_384), 0, 1) * 80, FLOW_CONTROL, NO_ERROR),
]

COMPRESSION_ROWS = [
    wrong("RFC 7541 6.1", "the table index 0", frame(HEADERS, b"\x80", 5, 1), COMPRESSION),
    wrong("RFC 7541 2.3.3", "a table index without an entry", frame(HEADERS, b"\xfe", 5, 1), COMPRESSION),
    wrong("RFC 7541 5.1", "an integer without an end", frame(HEADERS, b"\xff" + b"\xff" * 100, 5, 1), COMPRESSION),
    wrong("RFC 7541 5.2", "a text longer than the block", frame(HEADERS, b"\x82\x87\x44\x7f\x10/", 5, 1), COMPRESSION),
    wrong("RFC 7541 5.2", "a Huffman string that contains EOS", frame(HEADERS, b"\x82\x87\x44\x84\xff\xff\xff\xff", 5, 1), COMPRESSION),
    wrong("RFC 7541 5.2", "padding of zeros after a Huffman string", frame(HEADERS, b"\x82\x87\x44\x81\x00", 5, 1), COMPRESSION),
    wrong("RFC 7541 6.3", "a table size over the limit", frame(HEADERS, b"\x3f\xe1\x7f" + block(*PSEUDO), 5, 1), COMPRESSION),
    wrong("RFC 7541 4.2", "a table size update after a field", frame(HEADERS, block(*PSEUDO) + b"\x20", 5, 1), COMPRESSION),
]

REQUESTS = [
    malformed("no method", *PSEUDO[1:]),
    malformed("no scheme", PSEUDO[0], *PSEUDO[2:]),
    malformed("no path", *PSEUDO[:3]),
    malformed("an empty path", *PSEUDO[:3], (":path", ""), rule="RFC 9113 8.3.1"),
    malformed("two paths", *PSEUDO, (":path", "/other"), rule="RFC 9113 8.3"),
    malformed("a pseudo-header field after a field", *PSEUDO[:3], ("accept", "*/*"), PSEUDO[3], rule="RFC 9113 8.3"),
    malformed("an unknown pseudo-header field", *PSEUDO, (":color", "red"), rule="RFC 9113 8.3"),
    malformed(":status in a request", *PSEUDO, (":status", "200"), rule="RFC 9113 8.3"),
    malformed("a name in upper case", *PSEUDO, ("Accept", "*/*"), rule="RFC 9113 8.2.1"),
    malformed("a name with a space", *PSEUDO, ("ac cept", "*/*"), rule="RFC 9113 8.2.1"),
    wrong("RFC 9113 8.2.1", "an empty name", headers(*PSEUDO, ("", "x")), PROTOCOL, COMPRESSION),
    malformed("a line break in a value", *PSEUDO, ("accept", "a\r\nx: b"), rule="RFC 9113 8.2.1"),
    malformed("a NUL in a value", *PSEUDO, ("accept", "a\0b"), rule="RFC 9113 8.2.1"),
    malformed("Connection", *PSEUDO, ("connection", "close"), rule="RFC 9113 8.2.2"),
    malformed("Transfer-Encoding", *PSEUDO, ("transfer-encoding", "chunked"), rule="RFC 9113 8.2.2"),
    malformed("Upgrade", *PSEUDO, ("upgrade", "websocket"), rule="RFC 9113 8.2.2"),
    malformed("Keep-Alive", *PSEUDO, ("keep-alive", "1"), rule="RFC 9113 8.2.2"),
    malformed("TE with another value than trailers", *PSEUDO, ("te", "gzip"), rule="RFC 9113 8.2.2"),
    malformed(":protocol for CONNECT, which the server does not offer", (":method", "CONNECT"), *PSEUDO[1:], (":protocol", "websocket"), rule="RFC 8441 3"),
    Row("RFC 9113 8.1.1", "a body shorter than Content-Length", report(("content-length", "100")), Fails((PROTOCOL,))),
    Row("RFC 9113 8.1.1", "a body longer than Content-Length", report(("content-length", "3")), Fails((PROTOCOL,))),
    Row("RFC 9110 8.6", "two lengths", report(("content-length", "24"), ("content-length", "25")), Fails((PROTOCOL,))),
    Row("RFC 9110 8.6", "a Content-Length that is not a number", report(("content-length", "x")), Fails((PROTOCOL,))),
    Row("RFC 9113 8.1", "a pseudo-header field in trailers", report(ends=False) + headers((":path", "/"), stream=1), Fails((PROTOCOL,))),
    Row("RFC 9113 8.1", "trailers that do not end the stream", report(ends=False) + headers(("x", "y"), stream=1, ends=False), Fails((PROTOCOL,))),
    Row("RFC 9113 8.1", "a connection error within a body", report(ends=False) + frame(PING, bytes(7)), Ends()),
    Row("RFC 9113 8.1", "the end of the connection within a body", report(ends=False), Ends(), half_closes=True),
    Row("RFC 9113 5.1", "a stream that is reset within its body, then another stream", report(ends=False) + frame(RST_STREAM, bytes(4), 0, 1) + request(stream=3), Answers(200, 3)),
    Row("RFC 9113 8.3.1", "different hosts in Host and :authority", request("GET", "/healthz", ("host", "evil.example")), Fails((PROTOCOL,))),
    Row("DESIGN 6", "a host other than the server's, in :authority", request("GET", QUIET, authority="evil.example"), Answers(421)),
    Row("DESIGN 6", "a host other than the server's, in Host only", request("GET", QUIET, ("host", "evil.example"), authority=None), Answers(421)),
    wrong("RFC 9110 7.2", "an invalid host", request("GET", QUIET, authority="a b"), PROTOCOL),
    Row("RFC 9110 9.1", "an unknown method", request("BREW", QUIET), Answers(501)),
    Row("RFC 9110 9.3.6", "CONNECT", headers((":method", "CONNECT"), (":authority", "localhost:443")), Answers(501)),
    Row("DESIGN 6", "a report from another origin", report(("origin", "https://evil.example")), Answers(403)),
    Row("DESIGN 5", "an identifier with path traversal", request("GET", "/api/v1/progress/..%2f..%2fetc"), Answers(404)),
    Row("RFC 9110 15.5.15", "a target of 10,000 bytes", request("GET", QUIET + "?" + "x" * 10_000), Answers(414)),
    Row("RFC 9110 15.5.14", "a Content-Length of 2 MiB", request("PATCH", QUIET, ("content-length", str(2 << 20)), ends=False), Answers(413)),
]

FLOODS = [
    Row("RFC 9113 10.5.1", "a header block of more than 64 KiB", frame(HEADERS, block(*PSEUDO), END_STREAM, 1) + frame(CONTINUATION, block(("x", "y" * 16_000)), 0, 1) * 20, Ends()),
    Row("RFC 9113 10.5.1", "20,000 CONTINUATION frames", frame(HEADERS, block(*PSEUDO), END_STREAM, 1) + frame(CONTINUATION, b"", 0, 1) * 20_000, Ends()),
    Row("RFC 9113 10.5", "2,000 streams that are reset after their HEADERS", b"".join(request(stream=n) + frame(RST_STREAM, b"\0\0\0\x08", 0, n) for n in range(1, 4001, 2)), Ends()),
    Row("RFC 9113 10.5", "20,000 PING frames", frame(PING, bytes(8)) * 20_000, Ends()),
    Row("RFC 9113 10.5", "20,000 SETTINGS frames", frame(SETTINGS) * 20_000, Ends()),
    Row("RFC 9113 10.5", "20,000 empty DATA frames", OPEN + frame(DATA, b"", 0, 1) * 20_000, Ends()),
    Row("RFC 9113 10.5", "20,000 PRIORITY frames", frame(PRIORITY, bytes(5), 0, 1) * 20_000, Ends()),
    Row("RFC 9113 5.1.2", "200 concurrent streams", b"".join(request("PATCH", QUIET, ("content-type", "application/json"), ends=False, stream=n) for n in range(1, 401, 2)), Fails((REFUSED, PROTOCOL))),
    Row("RFC 7541 7.3", "a field of 4,000 bytes, and 10,000 references to it", frame(HEADERS, block(*PSEUDO) + b"\x40\x01x\x7f\xa1\x1e" + b"y" * 4000 + b"\xbe" * 10_000, 5, 1), Ends()),
]

GROUPS = {
    "the preface": PREFACE,
    "frames": FRAMES,
    "settings and windows": SETTINGS_AND_WINDOWS,
    "compressed fields": COMPRESSION_ROWS,
    "requests": REQUESTS,
    "floods": FLOODS,
}
