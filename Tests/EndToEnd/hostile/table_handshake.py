# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The WebSocket handshake (RFC 6455 sections 4.1 and 4.2), its target, subprotocols, extensions and cursors."""

from __future__ import annotations

from rawsocket import PING
from rows import EDGE, FULL, GET, KEY, QUIET, raw_frame, row, upgrade
from steps import Alive, Answer, Close, Message, Pong, Send, Upgraded

BAD_KEYS = {
    "of 15 bytes": "dGhlIHNhbXBsZSBub25j",
    "of 17 bytes": "dGhlIHNhbXBsZSBub25jZQA=",
    "without padding": "dGhlIHNhbXBsZSBub25jZQ",
    "with a character that is not base64": "dGhlIHNhbXBsZSBub25j*Q==",
    "in base64url": "dGhlIHNhbXBsZSBub25j_w==",
    "with a space in it": "dGhlIHNhbXBs ZSBub25jZQ==",
    "that is empty": "",
    "of 8,000 characters": "A" * 8000,
}


def sound(name: str, *arguments, protocol: str | None = FULL, rule: str = "6455-4.2.1", **more):
    """Returns a row with an unusual but valid handshake."""
    return row(rule, name, upgrade(*arguments, **more), Upgraded(protocol), Alive())


def unsound(
    name: str, status: int, problem: str, *arguments, rule: str = "6455-4.2.1", has: dict | None = None, **more
):
    """Returns a row with a handshake that must get an HTTP error."""
    return row(rule, name, upgrade(*arguments, **more), Answer(status, problem, has=has or {}))


VERSION = {"Sec-WebSocket-Version": "13"}

HANDSHAKE = [
    sound("the handshake of the RFC's example"),
    sound("Upgrade: WebSocket in capitals", to="WEBSOCKET"),
    sound("an Upgrade list", to="h2c, websocket"),
    sound("a Connection list", connection="keep-alive, Upgrade"),
    sound("Connection: upgrade in small letters", connection="upgrade"),
    sound("Content-Length: 0", QUIET, "Content-Length: 0"),
    row(
        "6455-4.2.1",
        "field names in small letters",
        upgrade().replace(b"Sec-WebSocket-K", b"sec-websocket-k"),
        Upgraded(FULL),
        Alive(),
    ),
    row("6455-4.1", "a handshake, one byte at a time", Send(upgrade(), 1, 0.002), Upgraded(FULL), Alive()),
    row(
        "6455-4.1",
        "a handshake in two halves",
        upgrade()[:100],
        Send(upgrade()[100:], 1000, 0),
        Upgraded(FULL),
        Alive(),
    ),
    row(
        "6455-4.1",
        "frames in the same packet as the handshake",
        upgrade() + raw_frame(PING, b"early"),
        Upgraded(FULL),
        Pong(b"early"),
    ),
    row(
        "9110-7.8",
        "a handshake after an ordinary request",
        GET,
        Answer(200, body=b"ok"),
        upgrade(),
        Upgraded(FULL),
        Alive(),
    ),
    *[
        row(
            "6455-5.1",
            f"a request after a handshake on a used connection, with Connection: {connection!r}",
            GET,
            Answer(200, body=b"ok"),
            upgrade(connection=connection) + GET,
            Upgraded(FULL),
            Close(1002),
        )
        for connection in ("Upgrade", "Upgrade\t", "x, Upgrade\t, y", "Upgrade ,", ", Upgrade")
    ],
    row(
        "9110-7.8",
        "a handshake after an ordinary request in one packet",
        GET + upgrade(),
        Answer(200, body=b"ok"),
        Answer(503, "no-upgrade-here"),
    ),
    row(
        "9110-7.8",
        "a refused handshake after which the connection closes",
        upgrade(version="8"),
        Answer(426, "websocket-version", closing=True),
    ),
    row("9112-3.2.2", "a target in absolute form", upgrade("http://localhost" + QUIET), Upgraded(FULL), Alive()),
    *[unsound(f"a key {name}", 400, "invalid-upgrade", key=key) for name, key in BAD_KEYS.items()],
    unsound("no key", 400, "invalid-upgrade", key=None),
    unsound("two keys", 400, "invalid-upgrade", QUIET, "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="),
    unsound("the same key twice", 400, "invalid-upgrade", QUIET, f"Sec-WebSocket-Key: {KEY}"),
    *[
        unsound(f"version {name}", 426, "websocket-version", version=version, rule="6455-4.4", has=VERSION)
        for name, version in (
            ("12", "12"),
            ("8", "8"),
            ("0", "0"),
            ("255", "255"),
            ("013", "013"),
            ("13 or 8", "13, 8"),
            ("x", "x"),
        )
    ],
    unsound("no version", 426, "websocket-version", version=None, rule="6455-4.4", has=VERSION),
    unsound(
        "two versions", 426, "websocket-version", QUIET, "Sec-WebSocket-Version: 12", rule="6455-4.4", has=VERSION
    ),
    unsound("Connection without Upgrade", 400, "invalid-upgrade", connection="keep-alive"),
    row("6455-4.2.1", "no Connection", upgrade(connection=None), Answer(400, "invalid-upgrade"), needs=EDGE),
    row("9110-7.8", "no Upgrade: an ordinary request", upgrade(to=None), Answer(200, body=b'"id":"quiet"')),
    row("9110-7.8", "Upgrade: h2c alone: an ordinary request", upgrade(to="h2c"), Answer(200, body=b'"id":"quiet"')),
    unsound(
        "POST",
        405,
        "method-not-allowed",
        line=f"POST {QUIET}",
        has={"Allow": "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"},
    ),
    unsound("PUT", 405, "method-not-allowed", line=f"PUT {QUIET}"),
    unsound("DELETE", 405, "method-not-allowed", line=f"DELETE {QUIET}"),
    row(
        "6455-4.2.1",
        "HTTP/1.0",
        upgrade().replace(b"HTTP/1.1", b"HTTP/1.0"),
        Answer(400, "invalid-upgrade"),
        needs=EDGE,
    ),
    row("9112-3.2", "no Host", upgrade(host=None), Answer(400, "malformed-host", closing=True), needs=EDGE),
    row(
        "9112-3.2",
        "two Hosts",
        upgrade(QUIET, "Host: localhost"),
        Answer(400, "malformed-host", closing=True),
        needs=EDGE,
    ),
    row("6455-4.1", "a body", upgrade(QUIET, "Content-Length: 5") + b"hello", Answer(400, "invalid-upgrade")),
    row(
        "6455-4.1",
        "a chunked body",
        upgrade(QUIET, "Transfer-Encoding: chunked") + b"0\r\n\r\n",
        Answer(400, "invalid-upgrade"),
    ),
    row("6455-4.2.2", "an unknown subprotocol", upgrade(protocol="chat"), Upgraded(None)),
    row("6455-4.2.2", "our subprotocol after others", upgrade(protocol="chat, superchat, live-progress.v1"), Upgraded(FULL)),
    row(
        "6455-4.2.2",
        "our subprotocol in a second field",
        upgrade(QUIET, "Sec-WebSocket-Protocol: live-progress.v1", protocol="chat"),
        Upgraded(FULL),
    ),
    row("6455-4.2.2", "our subprotocol in capitals is another subprotocol", upgrade(protocol="LIVE-PROGRESS.V1"), Upgraded(None)),
    unsound(
        "a subprotocol twice", 400, "invalid-upgrade", protocol="live-progress.v1, live-progress.v1", rule="6455-4.1"
    ),
    unsound("a subprotocol that is not a token", 400, "invalid-upgrade", protocol="live progress", rule="6455-4.1"),
    unsound("a subprotocol in brackets", 400, "invalid-upgrade", protocol="(live-progress.v1)", rule="6455-4.1"),
    sound("an unknown extension", QUIET, "Sec-WebSocket-Extensions: x-unknown; a=1", rule="6455-9.1"),
    sound("extensions with quotes and empty elements", QUIET, 'Sec-WebSocket-Extensions: , a;x="1" ,, b', rule="6455-9.1"),
    *(
        unsound(f"extensions with a syntax error: {field}", 400, "invalid-upgrade", QUIET, f"Sec-WebSocket-Extensions: {field}", rule="6455-9.1")
        for field in [";;;", "a b", "a;", "a; =1", "a; x=", 'a; x="', 'a; x=""', 'a; x="1 0"', "(a)"]
    ),
    sound(
        "an extension list of 4,000 elements",
        QUIET,
        "Sec-WebSocket-Extensions: " + ", ".join(["x"] * 4000),
        rule="6455-9.1",
    ),
    row("inv-12", "an unknown operation", upgrade("/api/v1/progress/nobody"), Answer(404, "unknown")),
    row("inv-12", "an invalid identifier", upgrade("/api/v1/progress/a%00b"), Answer(404, "unknown")),
    row("design-5.4", "an unknown path", upgrade("/api/v2/progress/quiet"), Answer(404, "about:blank")),
    row(
        "design-5.4",
        "the path to cancel",
        upgrade(QUIET + "/cancel"),
        Answer(405, "method-not-allowed", has={"Allow": "OPTIONS, POST"}),
    ),
    row("design-5.4", "a path that is not an operation", upgrade("/healthz"), Answer(200, body=b"ok")),
    row(
        "design-5.4",
        "a list with an invalid filter",
        upgrade("/api/v1/progress?status=bogus"),
        Answer(400, "invalid-query"),
    ),
    row(
        "6455-5.1",
        "two handshakes in one packet: the second is an invalid frame",
        upgrade() + upgrade(),
        Upgraded(FULL),
        Close(1002),
    ),
]

CURSORS = (
    [
        row(
            "design-5.2",
            f"a cursor {name}",
            upgrade(f"{QUIET}?cursor={cursor}"),
            Upgraded(FULL),
            Message({"type": "snapshot", "resumed": False}),
            Alive(),
        )
        for name, cursor in {
            "of another epoch": "other-0",
            "without a revision": "k3f9",
            "with a negative revision": "k3f9--1",
            "of revision 2^64": "k3f9-18446744073709551616",
            "of 25,000 digits": "k3f9-" + "9" * 25_000,
            "of a NUL": "%00",
            "with a line break": "k3f9-0%0d%0aX:%20y",
            "with a traversal": "../../etc/passwd",
            "with a script": "%3Cscript%3Ealert(1)%3C/script%3E",
            "with digits of another script": "k3f9-%D9%A1",
        }.items()
    ]
    + [
        row("design-5.2", f"a cursor {name}", upgrade(f"{QUIET}?cursor={cursor}"), Answer(400, "invalid-query"))
        for name, cursor in {
            "of bytes that are not UTF-8": "k3f9-%ff",
            "with an overlong hyphen": "k3f9%c0%ad0",
            "that is empty": "",
            "with an incomplete escape": "k3f9-%3",
            "that is repeated 2,500 times": "a-1" + "&cursor=a-1" * 2499,
            "with an unknown parameter": "k3f9-0&since=1",
        }.items()
    ]
    + [
        row(
            "design-5.2",
            "a cursor of an event stream",
            upgrade(QUIET, "Last-Event-ID: other-7"),
            Upgraded(FULL),
            Message({"type": "snapshot", "resumed": False}),
        ),
    ]
)
