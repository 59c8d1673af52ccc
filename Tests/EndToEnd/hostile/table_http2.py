# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Clients that break HTTP/2 (RFC 9113) and its compression of fields (RFC 7541), and those that keep to it and mean harm."""

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
    """The connection, or the stream that is at fault, ends with one of these error codes."""

    codes: tuple


@dataclass
class Answers:
    """The first stream is answered with this status."""

    status: int
    stream: int = 1


class Ends:
    """The connection ends, whatever is said before."""


@dataclass
class Row:
    """One client: the rule, what it does in words, what it sends behind its preface, and what must come of it."""

    rule: str
    name: str
    data: bytes
    outcome: Fails | Answers | Ends
    has_preface: bool = True
    half_closes: bool = False
    """Whether the client says behind it that nothing more will come."""

    def __str__(self) -> str:
        return f"{self.name} ({self.rule})"


def frame(kind: int, payload: bytes = b"", flags: int = 0, stream: int = 0) -> bytes:
    return Frames.frame(kind, payload, flags, stream)


def block(*fields: tuple[str, str] | tuple[bytes, bytes]) -> bytes:
    """Fields, compressed without anything that a later block depends on."""
    encoder = hpack.Encoder()
    encoder.header_table_size = 0
    return encoder.encode([hpack.NeverIndexedHeaderTuple(*field) for field in fields], huffman=False)


def headers(*fields, stream: int = 1, ends: bool = True) -> bytes:
    return frame(HEADERS, block(*fields), END_HEADERS | (END_STREAM if ends else 0), stream)


def request(method: str = "GET", path: str = "/healthz", *more, scheme="https", authority="localhost", **options) -> bytes:
    """A request, sound but for what is said."""
    pseudo = [(":method", method), (":scheme", scheme), (":authority", authority), (":path", path)]
    return headers(*[(name, value) for name, value in pseudo if value is not None], *more, **options)


def setting(*pairs: tuple[int, int]) -> bytes:
    return frame(SETTINGS, b"".join(struct.pack(">HI", *pair) for pair in pairs))


def report(*more, body: bytes = REPORT.encode(), ends: bool = True, stream: int = 1) -> bytes:
    """A request with a body, which must not get through where something is wrong with it."""
    fields = (("content-type", "application/json"), *more)
    return request("PATCH", QUIET, *fields, ends=False, stream=stream) + frame(DATA, body, END_STREAM if ends else 0, stream)


GET = request()
OPEN = request("PATCH", QUIET, ("content-type", "application/json"), ends=False)
"""A request whose body has still to come."""
PSEUDO = ((":method", "GET"), (":scheme", "https"), (":authority", "localhost"), (":path", "/healthz"))
LONG = frame(HEADERS, block(*PSEUDO)[:3], END_STREAM, 1)
"""The beginning of a block of fields, which continuations have to end."""


def wrong(rule: str, name: str, data: bytes, *codes: int, **more) -> Row:
    return Row(rule, name, data, Fails(codes), **more)


def malformed(name: str, *fields, rule: str = "RFC 9113 8.1.1") -> Row:
    return wrong(rule, name, headers(*fields), PROTOCOL)


PREFACE = [
    Row("RFC 9113 3.4", "a request of HTTP/1.1 where HTTP/2 was agreed on", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", Ends(), False),
    Row("RFC 9113 3.4", "noise for a preface", bytes(range(256)), Ends(), False),
    wrong("RFC 9113 3.4", "no settings behind the preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + GET, PROTOCOL, has_preface=False),
    Row("RFC 9113 3.4", "half a preface, and the end", b"PRI * HT", Ends(), False, half_closes=True),
]

FRAMES = [
    wrong("RFC 9113 4.2", "a frame larger than agreed on", frame(DATA, bytes(16_385), 0, 1), FRAME_SIZE),
    Row("RFC 9113 4.1", "a frame of an unknown type", frame(0xFA, b"?" * 100, 0xFF, 0) + GET, Answers(200)),
    Row("RFC 9113 4.1", "flags that mean nothing", frame(PING, bytes(8), 0xFE) + GET, Answers(200)),
    wrong("RFC 9113 6.1", "data on no stream", frame(DATA, b"x", 0, 0), PROTOCOL),
    wrong("RFC 9113 5.1", "data on a stream that is not open", frame(DATA, b"x", 0, 1), PROTOCOL, CLOSED),
    wrong("RFC 9113 6.1", "padding longer than the frame", OPEN + frame(DATA, b"\x09x", PADDED, 1), PROTOCOL),
    wrong("RFC 9113 6.2", "padding longer than the fields", frame(HEADERS, b"\xff" + block(*PSEUDO), END_HEADERS | PADDED, 1), PROTOCOL),
    wrong("RFC 9113 6.2", "fields on no stream", headers(*PSEUDO, stream=0), PROTOCOL),
    wrong("RFC 9113 5.1.1", "a stream with a server's number", request(stream=2), PROTOCOL),
    wrong("RFC 9113 5.1.1", "a stream with a lower number than before", request(stream=5) + request(stream=3), PROTOCOL, CLOSED),
    wrong("RFC 9113 5.1", "data behind the end of its stream", GET + frame(DATA, b"x", 0, 1), CLOSED, PROTOCOL),
    wrong("RFC 9113 6.3", "a priority of four bytes", frame(PRIORITY, bytes(4), 0, 1), FRAME_SIZE),
    wrong("RFC 9113 6.3", "a priority of no stream", frame(PRIORITY, bytes(5), 0, 0), PROTOCOL),
    Row("RFC 9113 6.3", "a priority of a stream to come", frame(PRIORITY, bytes(4) + b"\x10", 0, 1) + GET, Answers(200)),
    wrong("RFC 9113 6.4", "a reset of three bytes", OPEN + frame(RST_STREAM, bytes(3), 0, 1), FRAME_SIZE),
    wrong("RFC 9113 6.4", "a reset of no stream", frame(RST_STREAM, bytes(4), 0, 0), PROTOCOL),
    wrong("RFC 9113 6.4", "a reset of a stream that is not open", frame(RST_STREAM, bytes(4), 0, 1), PROTOCOL),
    wrong("RFC 9113 8.4", "a promise, which is a server's to make", OPEN + frame(PUSH_PROMISE, b"\0\0\0\2" + block(*PSEUDO), END_HEADERS, 1), PROTOCOL),
    wrong("RFC 9113 6.7", "a ping of seven bytes", frame(PING, bytes(7)), FRAME_SIZE),
    wrong("RFC 9113 6.7", "a ping of a stream", frame(PING, bytes(8), 0, 1), PROTOCOL),
    Row("RFC 9113 6.7", "an answer to a ping that was not sent", frame(PING, bytes(8), ACK) + GET, Answers(200)),
    wrong("RFC 9113 6.8", "a goodbye of a stream", frame(GOAWAY, bytes(8), 0, 1), PROTOCOL),
    wrong("RFC 9113 6.8", "a goodbye of four bytes", frame(GOAWAY, bytes(4)), FRAME_SIZE, PROTOCOL),
    wrong("RFC 9113 6.10", "a continuation of nothing", frame(CONTINUATION, block(*PSEUDO), END_HEADERS, 1), PROTOCOL),
    wrong("RFC 9113 6.10", "a ping within a block of fields", LONG + frame(PING, bytes(8)), PROTOCOL),
    wrong("RFC 9113 6.10", "a continuation of another stream", LONG + frame(CONTINUATION, block(*PSEUDO)[3:], END_HEADERS, 3), PROTOCOL),
]

SETTINGS_AND_WINDOWS = [
    wrong("RFC 9113 6.5", "settings of five bytes", frame(SETTINGS, bytes(5)), FRAME_SIZE),
    wrong("RFC 9113 6.5", "settings of a stream", frame(SETTINGS, b"", 0, 1), PROTOCOL),
    wrong("RFC 9113 6.5", "an acknowledgement with settings", frame(SETTINGS, bytes(6), ACK), FRAME_SIZE),
    wrong("RFC 9113 6.5.2", "ENABLE_PUSH of 2", setting((2, 2)), PROTOCOL),
    wrong("RFC 9113 6.5.2", "a window of 2^31", setting((4, 1 << 31)), FLOW_CONTROL),
    wrong("RFC 9113 6.5.2", "frames of at most one byte", setting((5, 1)), PROTOCOL),
    wrong("RFC 9113 6.5.2", "frames of at most 2^24 bytes", setting((5, 1 << 24)), PROTOCOL),
    Row("RFC 9113 6.5.2", "an unknown setting", setting((0xFAFA, 7)) + GET, Answers(200)),
    Row("RFC 7541 4.2", "no memory for compression, and settings twice", setting((1, 0)) + setting((1, 4096)) + GET, Answers(200)),
    wrong("RFC 9113 6.9", "a window update of nothing", frame(WINDOW_UPDATE, bytes(4)), PROTOCOL),
    wrong("RFC 9113 6.9", "a window update of nothing for a stream", OPEN + frame(WINDOW_UPDATE, bytes(4), 0, 1), PROTOCOL),
    wrong("RFC 9113 6.9", "a window update of three bytes", frame(WINDOW_UPDATE, bytes(3)), FRAME_SIZE),
    wrong("RFC 9113 6.9.1", "a window above 2^31 - 1", frame(WINDOW_UPDATE, b"\x7f\xff\xff\xff") * 2, FLOW_CONTROL),
    wrong("RFC 9113 6.9.1", "a stream's window above 2^31 - 1", OPEN + frame(WINDOW_UPDATE, b"\x7f\xff\xff\xff", 0, 1) * 2, FLOW_CONTROL),
    wrong("RFC 9113 5.1", "a window update of a stream that is not open", frame(WINDOW_UPDATE, b"\0\0\0\1", 0, 9), PROTOCOL),
    wrong("RFC 9113 6.9", "more data than the window holds", OPEN + frame(DATA, bytes(16_384), 0, 1) * 80, FLOW_CONTROL, NO_ERROR),
]

COMPRESSION_ROWS = [
    wrong("RFC 7541 6.1", "the entry 0", frame(HEADERS, b"\x80", 5, 1), COMPRESSION),
    wrong("RFC 7541 2.3.3", "an entry that is not there", frame(HEADERS, b"\xfe", 5, 1), COMPRESSION),
    wrong("RFC 7541 5.1", "a number that never ends", frame(HEADERS, b"\xff" + b"\xff" * 100, 5, 1), COMPRESSION),
    wrong("RFC 7541 5.2", "a text longer than the block", frame(HEADERS, b"\x82\x87\x44\x7f\x10/", 5, 1), COMPRESSION),
    wrong("RFC 7541 5.2", "a Huffman code with the end of text in it", frame(HEADERS, b"\x82\x87\x44\x84\xff\xff\xff\xff", 5, 1), COMPRESSION),
    wrong("RFC 7541 5.2", "padding of zeros behind a Huffman code", frame(HEADERS, b"\x82\x87\x44\x81\x00", 5, 1), COMPRESSION),
    wrong("RFC 7541 6.3", "a table larger than agreed on", frame(HEADERS, b"\x3f\xe1\x7f" + block(*PSEUDO), 5, 1), COMPRESSION),
    wrong("RFC 7541 4.2", "a table that changes behind a field", frame(HEADERS, block(*PSEUDO) + b"\x20", 5, 1), COMPRESSION),
]

REQUESTS = [
    malformed("no method", *PSEUDO[1:]),
    malformed("no scheme", PSEUDO[0], *PSEUDO[2:]),
    malformed("no path", *PSEUDO[:3]),
    malformed("an empty path", *PSEUDO[:3], (":path", ""), rule="RFC 9113 8.3.1"),
    malformed("two paths", *PSEUDO, (":path", "/other"), rule="RFC 9113 8.3"),
    malformed("a pseudo-field behind a field", *PSEUDO[:3], ("accept", "*/*"), PSEUDO[3], rule="RFC 9113 8.3"),
    malformed("an unknown pseudo-field", *PSEUDO, (":color", "red"), rule="RFC 9113 8.3"),
    malformed("a status in a request", *PSEUDO, (":status", "200"), rule="RFC 9113 8.3"),
    malformed("a name in upper case", *PSEUDO, ("Accept", "*/*"), rule="RFC 9113 8.2.1"),
    malformed("a name with a space", *PSEUDO, ("ac cept", "*/*"), rule="RFC 9113 8.2.1"),
    wrong("RFC 9113 8.2.1", "an empty name", headers(*PSEUDO, ("", "x")), PROTOCOL, COMPRESSION),
    malformed("a line break in a value", *PSEUDO, ("accept", "a\r\nx: b"), rule="RFC 9113 8.2.1"),
    malformed("a NUL in a value", *PSEUDO, ("accept", "a\0b"), rule="RFC 9113 8.2.1"),
    malformed("Connection", *PSEUDO, ("connection", "close"), rule="RFC 9113 8.2.2"),
    malformed("Transfer-Encoding", *PSEUDO, ("transfer-encoding", "chunked"), rule="RFC 9113 8.2.2"),
    malformed("Upgrade", *PSEUDO, ("upgrade", "websocket"), rule="RFC 9113 8.2.2"),
    malformed("Keep-Alive", *PSEUDO, ("keep-alive", "1"), rule="RFC 9113 8.2.2"),
    malformed("TE of more than trailers", *PSEUDO, ("te", "gzip"), rule="RFC 9113 8.2.2"),
    malformed("a protocol for CONNECT, which was not offered", (":method", "CONNECT"), *PSEUDO[1:], (":protocol", "websocket"), rule="RFC 8441 3"),
    Row("RFC 9113 8.1.1", "a shorter body than its length says", report(("content-length", "100")), Fails((PROTOCOL,))),
    Row("RFC 9113 8.1.1", "a longer body than its length says", report(("content-length", "3")), Fails((PROTOCOL,))),
    Row("RFC 9110 8.6", "two lengths", report(("content-length", "24"), ("content-length", "25")), Fails((PROTOCOL,))),
    Row("RFC 9110 8.6", "a length that is no number", report(("content-length", "x")), Fails((PROTOCOL,))),
    Row("RFC 9113 8.1", "a pseudo-field in trailers", report(ends=False) + headers((":path", "/"), stream=1), Fails((PROTOCOL,))),
    Row("RFC 9113 8.1", "trailers that do not end the stream", report(ends=False) + headers(("x", "y"), stream=1, ends=False), Fails((PROTOCOL,))),
    Row("RFC 9113 8.1", "a connection that breaks off within a body", report(ends=False) + frame(PING, bytes(7)), Ends()),
    Row("RFC 9113 8.1", "a goodbye within a body", report(ends=False), Ends(), half_closes=True),
    Row("RFC 9113 5.1", "a stream that is reset within its body, and another", report(ends=False) + frame(RST_STREAM, bytes(4), 0, 1) + request(stream=3), Answers(200, 3)),
    Row("RFC 9113 8.3.1", "another host in Host than in :authority", request("GET", "/healthz", ("host", "evil.example")), Fails((PROTOCOL,))),
    Row("DESIGN 6", "another host than the server's", request("GET", QUIET, authority="evil.example"), Answers(421)),
    Row("DESIGN 6", "another host than the server's, in Host alone", request("GET", QUIET, ("host", "evil.example"), authority=None), Answers(421)),
    wrong("RFC 9110 7.2", "a host that is none", request("GET", QUIET, authority="a b"), PROTOCOL),
    Row("RFC 9110 9.1", "an unknown method", request("BREW", QUIET), Answers(501)),
    Row("RFC 9110 9.3.6", "CONNECT", headers((":method", "CONNECT"), (":authority", "localhost:443")), Answers(501)),
    Row("DESIGN 6", "a page of another site that reports", report(("origin", "https://evil.example")), Answers(403)),
    Row("DESIGN 5", "an identifier that climbs", request("GET", "/api/v1/progress/..%2f..%2fetc"), Answers(404)),
    Row("RFC 9110 15.5.15", "a target of 10,000 bytes", request("GET", QUIET + "?" + "x" * 10_000), Answers(414)),
    Row("RFC 9110 15.5.14", "a body of 2 MiB announced", request("PATCH", QUIET, ("content-length", str(2 << 20)), ends=False), Answers(413)),
]

FLOODS = [
    Row("RFC 9113 10.5.1", "64 KiB of fields and more", frame(HEADERS, block(*PSEUDO), END_STREAM, 1) + frame(CONTINUATION, block(("x", "y" * 16_000)), 0, 1) * 20, Ends()),
    Row("RFC 9113 10.5.1", "continuations without an end", frame(HEADERS, block(*PSEUDO), END_STREAM, 1) + frame(CONTINUATION, b"", 0, 1) * 20_000, Ends()),
    Row("RFC 9113 10.5", "streams that are reset as soon as they are opened", b"".join(request(stream=n) + frame(RST_STREAM, b"\0\0\0\x08", 0, n) for n in range(1, 4001, 2)), Ends()),
    Row("RFC 9113 10.5", "20,000 pings", frame(PING, bytes(8)) * 20_000, Ends()),
    Row("RFC 9113 10.5", "20,000 settings", frame(SETTINGS) * 20_000, Ends()),
    Row("RFC 9113 10.5", "20,000 empty frames of data", OPEN + frame(DATA, b"", 0, 1) * 20_000, Ends()),
    Row("RFC 9113 10.5", "20,000 priorities", frame(PRIORITY, bytes(5), 0, 1) * 20_000, Ends()),
    Row("RFC 9113 5.1.2", "200 streams at once", b"".join(request("PATCH", QUIET, ("content-type", "application/json"), ends=False, stream=n) for n in range(1, 401, 2)), Fails((REFUSED, PROTOCOL))),
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
