# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Clients that are slow, send nothing, do not read, or send without end."""

from __future__ import annotations

from harness import BASE
from rawsocket import PING, TEXT
from rows import (
    BUSY,
    EDGE,
    CONTINUATION,
    FULL,
    GET,
    LOUD,
    QUIET,
    json_request,
    raw_frame,
    request,
    row,
    upgrade,
    watching,
)
from steps import Answer, Close, Drip, Ended, Gone, Message, Pong, Reset, Served, Upgraded, Wait

BODY = request(f"PATCH {QUIET}", "Content-Type: application/json", "Content-Length: 1000")
TOO_SLOW = Answer(408, "request-timeout", closing=True, within=14)
STREAM = request(f"GET {LOUD}", "Accept: text/event-stream")

SLOW = [
    row("design-6", "a connection that sends nothing", Ended(within=14, earliest=9), seconds=10),
    row("design-6", "a head that never ends", GET[:-2], TOO_SLOW, needs=EDGE, seconds=10),
    row("design-6", "a head with a byte every half second", Drip(GET[:-2] * 9, 0.5, TOO_SLOW), needs=EDGE, seconds=10),
    row("design-6", "a handshake with a byte every half second", Drip(upgrade(), 0.5, TOO_SLOW), needs=EDGE, seconds=10),
    row("design-6", "empty lines without end", Drip(b"\r\n" * 200, 0.25, TOO_SLOW), needs=EDGE, seconds=10),
    row(
        "9110-15.5.9",
        "a body that never arrives",
        BODY,
        Answer(408, "request-timeout", closing=True, within=66),
        Ended(),
        seconds=60,
    ),
    row(
        "9110-15.5.9",
        "a body with a byte per second",
        BODY,
        Drip(b" " * 1000, 1, Answer(408, "request-timeout", closing=True, within=66)),
        Ended(),
        seconds=60,
    ),
    row(
        "9110-15.5.9",
        "a chunk every 0.4 s",
        BODY.replace(b"Content-Length: 1000", b"Transfer-Encoding: chunked"),
        Drip(b"1\r\n \r\n" * 50, 0.4, Answer(408, "request-timeout", closing=True, within=66)),
        Ended(),
        seconds=60,
    ),
    row(
        "9112-9.8",
        "a connection kept open after an answer",
        GET,
        Answer(200),
        Ended(within=68, earliest=15),
        seconds=61,
    ),
    watching("design-5.2", "a watcher that answers no ping", Close(1011, within=42, answered=False), seconds=35),
    watching(
        "design-5.2",
        "an incomplete frame, and no pong",
        raw_frame(TEXT, b"x" * 100)[:50],
        Close(1011, within=42, answered=False),
        seconds=35,
    ),
    watching(
        "design-5.2",
        "a frame with a byte per second, and no pong",
        raw_frame(TEXT, b"x" * 100)[:2],
        Drip(b"x" * 60, 1, Close(1011, within=42, answered=False)),
        seconds=35,
    ),
    watching(
        "design-5.2",
        "pongs that answer no ping",
        Drip((raw_frame(10, b"nothing") * 40), 0.15, Close(1011, within=42, answered=False)),
        seconds=35,
    ),
]

DEAF = [
    row(
        "design-5.3",
        "a watcher that never reads",
        upgrade(LOUD),
        Wait(1),
        Gone(within=58),
        seconds=40,
        receive_buffer=4096,
    ),
    row(
        "design-5.3",
        "a watcher that never reads and sends pings",
        upgrade(LOUD),
        Drip(raw_frame(PING, b"x") * 100, 0.1, Gone(within=58)),
        seconds=40,
        receive_buffer=4096,
    ),
    row(
        "design-5.3",
        "a plain watcher that never reads",
        upgrade(LOUD, protocol=None),
        Wait(1),
        Gone(within=58),
        seconds=40,
        receive_buffer=4096,
    ),
    row(
        "design-5.3",
        "an event stream that is never read",
        Wait(2),
        STREAM,
        Wait(1),
        Gone(within=64),
        seconds=40,
        receive_buffer=4096,
    ),
    row(
        "inv-10",
        "an answer that is never read",
        Wait(2),
        request(f"GET {LOUD}") * 40,
        Wait(1),
        Gone(within=64),
        seconds=40,
        receive_buffer=4096,
    ),
    row(
        "inv-11",
        "a watcher that never reads, then an RST",
        upgrade(LOUD),
        Wait(3),
        Reset(),
        seconds=3,
        receive_buffer=4096,
    ),
    row("inv-11", "an event stream, then an RST", STREAM, Answer(200, to_head=True), Reset()),
]

FLOODS = [
    watching(
        "inv-11",
        "20,000 pings, then two invalid messages",
        raw_frame(PING, b"x") * 20_000 + raw_frame(TEXT, b"[") * 2,
        Close(1008),
    ),
    watching(
        "inv-11",
        "100,000 empty fragments",
        raw_frame(TEXT, final=False) + raw_frame(CONTINUATION, final=False) * 100_000,
        Close(1009),
    ),
    watching("inv-11", "100,000 messages", raw_frame(TEXT, b"[") * 100_000, Close(1008)),
    watching(
        "inv-11",
        "200 cancel requests",
        raw_frame(TEXT, b'{"type":"cancel"}') * 200 + raw_frame(8, b"\x03\xe8"),
        Close(1000),
    ),
    row("inv-11", "20,000 requests whose answers are not read", GET * 20_000, Wait(2), Reset(), receive_buffer=4096),
    row("inv-11", "2 MB of random bytes", bytes(range(256)) * 8192, Answer(400, "malformed-request", closing=True), Ended()),
    row(
        "inv-11",
        "1,000 empty reports in one packet",
        json_request(f"PATCH {BASE}/flooded", "{}") * 1000,
        *[Answer(200)] * 1000,
        Served(),
    ),
    row(
        "inv-11",
        "a batch of 200,000 reports",
        request(
            f"PATCH {BASE}/flooded",
            "Content-Type: application/x-ndjson",
            "Prefer: return=minimal",
            body=b"{}\n" * 200_000,
        ),
        Answer(204, within=10),
        Served(),
    ),
    row(
        "inv-11",
        "a watcher of the operation that the control client watches",
        upgrade(BUSY),
        Upgraded(FULL),
        Message({"type": "snapshot"}),
        raw_frame(PING, b"x"),
        Pong(b"x"),
        Reset(),
    ),
]
