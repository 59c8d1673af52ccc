# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Malformed requests (RFC 9112): the request line and the header fields."""

from __future__ import annotations

from rows import EDGE, GET, QUIET, json_request, request, row
from steps import Answer, Ended, Served

OK = Answer(200, body=b"ok")
MALFORMED = Answer(400, "malformed-request", closing=True)


def malformed(rule: str, name: str, data: bytes, problem: str = "malformed-request", status: int = 400, **more):
    """Returns a row with an invalid request, which expects a problem and the end of the connection."""
    return row(rule, name, data, Answer(status, problem, closing=True), Ended(), **more)


def field(line: bytes | str) -> bytes:
    """Returns a request with an additional field line."""
    line = line.encode("latin-1") if isinstance(line, str) else line
    return b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + line + b"\r\n\r\n"


def line(text: bytes) -> bytes:
    """Returns a request with the given request line."""
    return text + b"\r\nHost: localhost\r\n\r\n"


REQUEST_LINES = [
    malformed("9112-3", "a word", b"hello\r\n\r\n"),
    malformed("9112-3", "random bytes", bytes(range(1, 256)) + b"\r\n\r\n"),
    malformed("9112-3", "NULs", bytes(64)),
    malformed("9112-3", "a ClientHello of TLS 1.3", bytes.fromhex("160301020001000001fc0303") + bytes(64)),
    malformed("9112-3", "an SSH greeting", b"SSH-2.0-OpenSSH_9.6\r\n"),
    malformed("9112-3", "an SMTP command", b"EHLO mail.example\r\n\r\n"),
    malformed("9112-3", "a Redis command", b"*1\r\n$4\r\nPING\r\n"),
    malformed("9113-3.4", "the HTTP/2 preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    malformed("9112-2.3", "HTTP/2.0", line(b"GET /healthz HTTP/2.0"), "http-version", 505),
    malformed("9112-2.3", "HTTP/9.9", line(b"GET /healthz HTTP/9.9"), "http-version", 505),
    malformed("9112-2.3", "a version in small letters", line(b"GET /healthz http/1.1")),
    malformed("9112-2.3", "a version of another protocol", line(b"GET /healthz ICY/1.1")),
    malformed("9112-2.3", "a version without a number", line(b"GET /healthz HTTP/x.y"), "http-version", 505),
    malformed("9112-3", "no version (HTTP/0.9)", b"GET /healthz\r\n\r\n", "http-version", 505),
    malformed("9112-3", "no target", line(b"GET HTTP/1.1")),
    malformed("9110-9.1", "a method in small letters", line(b"get /healthz HTTP/1.1")),
    malformed("9110-9.1", "an unknown method", line(b"DANCE /healthz HTTP/1.1")),
    malformed("9112-3.2", "a target that does not begin with a slash", line(b"GET healthz HTTP/1.1")),
    malformed("9112-3.2", "a space in the target", line(b"GET /health z HTTP/1.1")),
    malformed("9112-3.2", "a NUL in the target", line(b"GET /health\x00z HTTP/1.1")),
    malformed("9112-3.2", "a control character in the target", line(b"GET /health\x01z HTTP/1.1")),
    malformed("9112-3.2", "bytes above 7F in the target", line(b"GET /health\xc3\xa9 HTTP/1.1")),
    malformed(
        "9112-3",
        "a request line of 40 KiB",
        line(b"GET /" + b"a" * 40_960 + b" HTTP/1.1"),
        "target-too-long",
        414,
        needs=EDGE,
    ),
    row("9112-2.2", "an empty line before the request", b"\r\n" + GET, OK, Served()),
    row("9112-3.2.2", "a target in absolute form", request("GET http://localhost/healthz"), OK, Served()),
    malformed(
        "9112-3.2.2",
        "an absolute form whose host differs from Host",
        request("GET http://evil.example/api/v1/progress/quiet"),
        "malformed-host",
        needs=EDGE,
    ),
    row(
        "9112-3.2.2",
        "an absolute form of another host",
        request("GET http://evil.example/api/v1/progress/quiet", host="evil.example"),
        Answer(421, "host-not-served"),
    ),
    row(
        "9112-3.2.3",
        "CONNECT",
        request("CONNECT localhost:80", host="localhost:80"),
        Answer(501, "method-not-implemented"),
        needs=EDGE,
    ),
    row(
        "9110-9.3.8",
        "TRACE, which could show cookies to a script",
        request("TRACE /healthz"),
        Answer(501, "method-not-implemented"),
        needs=EDGE,
    ),
    row("9112-3.2.4", "OPTIONS *", request("OPTIONS *"), Answer(404, "about:blank"), Served()),
]

FIELDS = [
    malformed("9112-3.2", "no Host", request("GET /healthz", host=None), "malformed-host", needs=EDGE),
    malformed("9112-3.2", "two Hosts", field("Host: 127.0.0.1"), "malformed-host", needs=EDGE),
    malformed("9112-3.2", "the same Host twice", field("Host: localhost"), "malformed-host", needs=EDGE),
    *[
        malformed("9112-3.2", f"a Host with {name}", request("GET /healthz", host=host), "malformed-host", needs=EDGE)
        for name, host in (
            ("a space", "local host"),
            ("a path", "localhost/x"),
            ("a user", "user@localhost"),
            ("an invalid port", "localhost:http"),
            ("a port above 65535", "localhost:65536"),
            ("an open bracket", "[::1"),
            ("a comma", "localhost, evil.example"),
        )
    ],
    malformed("9112-5.1", "a space before the colon", field("X-One : 1")),
    malformed("9112-5.1", "a field without a colon", field("X-One")),
    malformed("9112-5.1", "a field without a name", field(": 1")),
    malformed("9110-5.1", "a name with a bracket", field("X(One): 1")),
    malformed("9110-5.1", "a name with bytes above 7F", field(b"X-\xc3\xa9: 1")),
    malformed("9110-5.1", "a name with a NUL", field(b"X-\x00: 1")),
    malformed("9110-5.5", "a NUL in a value", field(b"X-One: a\x00b")),
    malformed("9110-5.5", "a control character in a value", field(b"X-One: a\x01b")),
    malformed("9110-5.5", "a DEL in a value", field(b"X-One: a\x7fb")),
    malformed("9112-2.2", "a bare CR in a value", field(b"X-One: a\rb")),
    malformed("9112-2.2", "a bare LF in a value, which would start another field", field(b"X-One: a\nX-Two: b")),
    malformed("9112-2.2", "lines that end with a bare LF", b"GET /healthz HTTP/1.1\nHost: localhost\n\n", needs=EDGE),
    malformed("9112-2.2", "a CR CR LF", field(b"X-One: a\r")),
    malformed("9112-5.2", "a folded value", field(b"X-One: a\r\n b")),
    malformed("9112-2.2", "white space before the first field", b"GET /healthz HTTP/1.1\r\n Host: localhost\r\n\r\n"),
    malformed("6585-5", "a field of 40 KiB", field(b"X-One: " + b"a" * 40_960), "headers-too-large", 431),
    malformed("6585-5", "a name of 40 KiB", field(b"X" * 40_960 + b": 1"), "headers-too-large", 431),
    malformed("6585-5", "200 fields", field("\r\n".join(f"X-{n}: 1" for n in range(200))), "headers-too-large", 431),
    malformed(
        "6585-5",
        "40 KiB in 100 fields",
        field("\r\n".join(f"X-{n}: {'a' * 410}" for n in range(100))),
        "headers-too-large",
        431,
    ),
    malformed(
        "6585-5",
        "a field without an end",
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000,
        "headers-too-large",
        431,
    ),
    row("6585-5", "a head of 20 KiB", field(b"Cookie: " + b"a" * 20_000), OK, Served()),
    row("9110-5.5", "bytes above 7F in a value", field(b"X-One: \xc3\xa9"), OK, Served()),
    row(
        "9112-9.6",
        "Connection: close",
        request("GET /healthz", "Connection: close"),
        Answer(200, closing=True),
        Ended(),
    ),
    row("9112-9.3", "HTTP/1.0 without a Host", b"GET /healthz HTTP/1.0\r\n\r\n", OK, Ended()),
    row(
        "9110-10.1.1",
        "Expect: 100-continue",
        json_request("PATCH " + QUIET, "", "Expect: 100-continue", "Content-Length: 2"),
        Answer(100),
        b"[]",
        Answer(422, "invalid-report"),
        needs=EDGE,
    ),
    row(
        "9110-10.1.1",
        "an expectation that cannot be met",
        request("GET /healthz", "Expect: tea"),
        Answer(417, "expectation"),
        needs=EDGE,
    ),
    row("9110-9.3.2", "HEAD has no body", request("HEAD /healthz"), Answer(200, to_head=True), Served()),
]
