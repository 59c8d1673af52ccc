# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Frames and fragments (RFC 6455 sections 5.1 to 5.5), and the limits of messages."""

from __future__ import annotations

from rawsocket import PING, TEXT
from rows import BINARY, CONTINUATION, FULL, close_frame, fails, lives, raw_frame, row, upgrade, watching
from steps import Close, HalfClose, Message, Pong, Reset, Send, Upgraded

NONSENSE = raw_frame(TEXT, b"nonsense")
CANCEL = b'{"type":"cancel"}'
LIMIT = 64 * 1024


def fragment(opcode: int, payload: bytes = b"") -> bytes:
    return raw_frame(opcode, payload, final=False)


FRAMES = [
    *[
        fails(1002, "6455-5.1", f"{name} without a mask", raw_frame(opcode, payload, masked=False))
        for name, opcode, payload in (
            ("a text", TEXT, CANCEL),
            ("bytes", BINARY, b"\x00"),
            ("a ping", PING, b""),
            ("a close", 8, b"\x03\xe8"),
        )
    ],
    *[
        fails(1002, "6455-5.2", f"reserved bits {bits:03b} of {name}", raw_frame(opcode, b"x", reserved=bits))
        for bits in (1, 2, 4, 7)
        for name, opcode in (("a text", TEXT), ("a ping", PING))
    ],
    *[
        fails(1002, "6455-5.2", f"the reserved opcode {opcode:#x}", raw_frame(opcode, b"x"))
        for opcode in (3, 4, 5, 6, 7, 0xB, 0xC, 0xD, 0xE, 0xF)
    ],
    fails(1002, "6455-5.2", "a length of 5 in 16 bits", raw_frame(TEXT, b"hello", length=b"\x7e\x00\x05")),
    fails(
        1002, "6455-5.2", "a length of 125 in 16 bits", raw_frame(TEXT, b"x" * 125, length=b"\x7e\x00\x7d")
    ),
    fails(1002, "6455-5.2", "a length of 5 in 64 bits", raw_frame(TEXT, length=b"\x7f" + bytes(7) + b"\x05")),
    fails(1002, "6455-5.2", "a length of 65535 in 64 bits", raw_frame(TEXT, length=b"\x7f" + bytes(6) + b"\xff\xff")),
    fails(1002, "6455-5.2", "a length with its highest bit set", raw_frame(TEXT, length=b"\x7f\x80" + bytes(7))),
    fails(1002, "6455-5.2", "a length of all ones", raw_frame(TEXT, length=b"\x7f" + b"\xff" * 8)),
    fails(
        1009,
        "6455-10.4",
        "a length of 2^40, refused before its payload",
        raw_frame(TEXT, length=b"\x7f\x00\x00\x01" + bytes(5)),
    ),
    fails(1009, "6455-10.4", "a length of 2^63-1", raw_frame(BINARY, length=b"\x7f\x7f" + b"\xff" * 7)),
    fails(1009, "6455-10.4", "a message of one byte over the limit", raw_frame(TEXT, b"x" * (LIMIT + 1))),
    watching(
        "6455-10.4",
        "a message of the maximum size",
        raw_frame(TEXT, b"x" * LIMIT),
        Message(error="message-not-understood"),
    ),
    lives("6455-5.3", "a mask of zeros", raw_frame(PING, b"zero", mask=bytes(4)), Pong(b"zero")),
    lives("6455-5.3", "a mask of ones", raw_frame(PING, b"ones", mask=b"\xff" * 4), Pong(b"ones")),
    lives(
        "6455-5.2",
        "a ping, one byte at a time",
        Send(raw_frame(PING, b"drop by drop"), 1, 0.01),
        Pong(b"drop by drop"),
    ),
    fails(1002, "6455-5.2", "an invalid first byte fails immediately", b"\xf1"),
    fails(1002, "6455-5.2", "a missing mask fails by the second byte", b"\x81\x05"),
    watching("6455-7.1.7", "an incomplete frame head, then a half-close", b"\x81", HalfClose(), Close(1002)),
    watching(
        "6455-7.1.7", "an incomplete payload, then a half-close", raw_frame(TEXT, b"whole")[:-2], HalfClose(), Close(1002)
    ),
    watching("inv-11", "an incomplete payload, then an RST", raw_frame(TEXT, b"whole")[:-2], Reset()),
    fails(1002, "6455-5.2", "a second handshake in place of frames", upgrade()),
    fails(1002, "6455-5.2", "an HTTP request in place of frames", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    fails(
        1002, "6455-5.2", "a ClientHello in place of frames", bytes.fromhex("160301020001000001fc0303") + bytes(64)
    ),
]

MESSAGES = [
    fails(1002, "6455-5.4", "a continuation of nothing", raw_frame(CONTINUATION, b"x")),
    fails(1002, "6455-5.4", "an unfinished continuation of nothing", fragment(CONTINUATION, b"x")),
    fails(
        1002,
        "6455-5.4",
        "a continuation after the end of a message",
        fragment(TEXT, b"a"),
        raw_frame(CONTINUATION, b"b"),
        raw_frame(CONTINUATION, b"c"),
    ),
    fails(1002, "6455-5.4", "a text within a text", fragment(TEXT, b"a"), raw_frame(TEXT, b"b")),
    fails(1002, "6455-5.4", "a fragment of bytes within a text", fragment(TEXT, b"a"), fragment(BINARY, b"b")),
    lives(
        "6455-5.4",
        "a ping between two fragments",
        fragment(TEXT, CANCEL[:5]),
        raw_frame(PING, b"between"),
        Pong(b"between"),
        raw_frame(CONTINUATION, CANCEL[5:]),
        Message(error="not-cancellable"),
    ),
    lives(
        "6455-5.4",
        "a message of single bytes",
        *[fragment(CONTINUATION if n else TEXT, CANCEL[n : n + 1]) for n in range(len(CANCEL))],
        raw_frame(CONTINUATION),
        Message(error="not-cancellable"),
    ),
    lives(
        "6455-5.4",
        "1024 fragments, all but one empty",
        fragment(TEXT) + fragment(CONTINUATION) * 1022 + raw_frame(CONTINUATION, CANCEL),
        Message(error="not-cancellable"),
    ),
    fails(1009, "6455-10.4", "1025 empty fragments", fragment(TEXT) + fragment(CONTINUATION) * 1024),
    fails(
        1009,
        "6455-10.4",
        "64 KiB and a byte, in two fragments",
        fragment(TEXT, b"x" * LIMIT) + raw_frame(CONTINUATION, b"x"),
    ),
    fails(
        1009,
        "6455-10.4",
        "64 KiB and a byte, in fragments of 1 KiB",
        fragment(TEXT, b"x" * 1024) + fragment(CONTINUATION, b"x" * 1024) * 64,
    ),
    fails(
        1009,
        "6455-10.4",
        "a second fragment with a length of 2^40",
        fragment(TEXT, b"x"),
        raw_frame(CONTINUATION, length=b"\x7f\x00\x00\x01" + bytes(5)),
    ),
    watching("6455-5.5.1", "a close between two fragments", fragment(TEXT, b"a"), close_frame(1000), Close(1000)),
    watching("inv-11", "an RST between two fragments", fragment(TEXT, b"a"), Reset()),
    watching(
        "design-5.2",
        "a binary message, twice",
        raw_frame(BINARY, CANCEL),
        Message(error="messages-are-text"),
        raw_frame(BINARY, CANCEL),
        Close(1008),
    ),
    watching(
        "design-5.2", "an invalid message, twice", NONSENSE, Message(error="message-not-understood"), NONSENSE, Close(1008)
    ),
    watching(
        "design-5.2",
        "an empty message, twice",
        raw_frame(TEXT),
        Message(error="message-not-understood"),
        raw_frame(TEXT),
        Close(1008),
    ),
    lives("design-5.2", "one invalid message does not close the connection", NONSENSE, Message(error="message-not-understood")),
    *[
        watching(
            "design-5.2",
            f"{name}, then an invalid message",
            raw_frame(TEXT, text),
            Message(error="message-not-understood"),
            NONSENSE,
            Close(1008),
        )
        for name, text in (
            ("a depth bomb", b"[" * 60_000),
            ("an object of 5,000 members", b"{" + b",".join(b'"%d":1' % n for n in range(5000)) + b"}"),
            ("a number of 60,000 digits", b'{"type":' + b"9" * 60_000 + b"}"),
            ("a type of 32,000 combining marks", b'{"type":"c' + "\u0301\u0316".encode() * 16_000 + b'"}'),
            ("a lone surrogate", b'{"type":"\\ud800"}'),
            ("a byte order mark", b"\xef\xbb\xbf" + CANCEL),
            ("a type that is not a text", b'{"type":["cancel"]}'),
            ("two JSON texts", CANCEL + CANCEL),
        )
    ],
    row(
        "design-5.2",
        "a message to the list, twice",
        upgrade("/api/v1/progress?parent=quiet"),
        Upgraded(FULL),
        raw_frame(TEXT, CANCEL),
        Message(error="no-messages"),
        raw_frame(TEXT, CANCEL),
        Close(1008),
    ),
    row(
        "design-5.1",
        "an invalid message from a plain watcher, twice",
        upgrade(protocol=None),
        Upgraded(),
        NONSENSE,
        Message({"state": "Pending"}),
        Message(error="message-not-understood"),
        NONSENSE,
        Close(1008),
    ),
]
