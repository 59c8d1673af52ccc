# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Control frames (RFC 6455 section 5.5), closing (section 7) and UTF-8 (section 8.1)."""

from __future__ import annotations

from rawsocket import PING, PONG, TEXT
from rows import CONTINUATION, close_frame, fails, lives, raw_frame, watching
from steps import Close, HalfClose, Message, Pong, Reset, Send

CONTROL = [
    *[
        fails(1002, "6455-5.5", f"{name} in fragments", raw_frame(opcode, b"x", final=False))
        for name, opcode in (("a ping", PING), ("a pong", PONG), ("a close", 8))
    ],
    *[
        fails(1002, "6455-5.5", f"{name} of 126 bytes", raw_frame(opcode, b"\x03\xe8" + b"x" * 124))
        for name, opcode in (("a ping", PING), ("a pong", PONG), ("a close", 8))
    ],
    fails(1002, "6455-5.5", "a ping with a length of 64 bits", raw_frame(PING, length=b"\x7f" + bytes(7) + b"\x01")),
    lives("6455-5.5.2", "a ping of 125 bytes", raw_frame(PING, bytes(range(125))), Pong(bytes(range(125)))),
    lives("6455-5.5.2", "an empty ping", raw_frame(PING), Pong(b"")),
    lives(
        "6455-5.5.2",
        "a hundred pings in one packet, answered in order",
        b"".join(raw_frame(PING, b"%d" % n) for n in range(100)),
        *[Pong(b"%d" % n) for n in range(100)],
    ),
    lives("6455-5.5.3", "an unrequested pong", raw_frame(PONG, b"unasked")),
    lives("6455-5.5.3", "a thousand unrequested pongs", raw_frame(PONG, b"unasked") * 1000),
]

CLOSING = [
    *[
        watching("6455-7.4", f"a close {code}", close_frame(code), Close(code))
        for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999)
    ],
    *[
        fails(1002, "6455-7.4.2", f"a close {code}, which is not allowed", close_frame(code))
        for code in (0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 9999, 65535)
    ],
    watching("6455-5.5.1", "a close without a code", close_frame(), Close(None)),
    fails(1002, "6455-5.5.1", "a close of one byte", raw_frame(8, b"\x03")),
    watching("6455-7.1.6", "a close with a reason of 123 bytes", close_frame(1000, b"r" * 123), Close(1000)),
    fails(1007, "6455-7.1.6", "a close whose reason is not UTF-8", close_frame(1000, b"\xc3\x28")),
    fails(1007, "6455-7.1.6", "a close whose reason ends within a character", close_frame(1000, b"na\xc3")),
    watching("6455-5.5.1", "a ping after a close is not answered", close_frame(1000) + raw_frame(PING), Close(1000)),
    watching("6455-5.5.1", "random bytes after a close are not read", close_frame(1001) + b"\xff" * 4096, Close(1001)),
    watching("6455-7.1.4", "a second close is not answered", close_frame(1000) + close_frame(1001), Close(1000)),
    watching("6455-7.1.5", "a close, one byte at a time", Send(close_frame(4321, b"slow"), 1, 0.01), Close(4321)),
    watching("6455-7.1.4", "a close, then a half-close", close_frame(1000), HalfClose(), Close(1000)),
    watching("6455-7.2.3", "an RST after a close", close_frame(1000), Reset()),
    fails(1002, "6455-7.1.7", "a half-close without a close", HalfClose()),
    watching("inv-11", "an RST without a close", Reset()),
]


def text(payload: bytes) -> bytes:
    return raw_frame(TEXT, payload)


BAD_TEXTS = {
    "a lone continuation byte": b"\x80",
    "an overlong slash of 2 bytes": b"\xc0\xaf",
    "an overlong NUL of 2 bytes": b"\xc0\x80",
    "an overlong slash of 3 bytes": b"\xe0\x80\xaf",
    "an overlong slash of 4 bytes": b"\xf0\x80\x80\xaf",
    "a high surrogate": b"\xed\xa0\x80",
    "a low surrogate": b"\xed\xbf\xbf",
    "a surrogate pair in CESU-8": b"\xed\xa0\xbd\xed\xb8\x80",
    "a code point above U+10FFFF": b"\xf4\x90\x80\x80",
    "a character of 5 bytes": b"\xf8\x88\x80\x80\x80",
    "a character of 6 bytes": b"\xfc\x84\x80\x80\x80\x80",
    "the byte FE": b"\xfe",
    "the byte FF": b"\xff",
    "UTF-16": "cancel".encode("utf-16"),
    "a character cut short by another": b"\xce\xce\xb1",
    "an incomplete character at the end": b"\xce\xba\xe1\xbd",
}

UTF8 = [
    *[fails(1007, "6455-8.1", f"a text with {name}", text(b"ok " + bad)) for name, bad in BAD_TEXTS.items()],
    fails(
        1007,
        "6455-8.1",
        "an invalid byte fails before the end of its message",
        raw_frame(TEXT, b"\xff", final=False),
    ),
    fails(
        1007,
        "6455-8.1",
        "an invalid byte fails before the end of its frame",
        raw_frame(TEXT, b"\xed\xa0\x80" + b"x" * 1000)[:20],
    ),
    fails(
        1007,
        "6455-8.1",
        "an invalid character across two fragments",
        raw_frame(TEXT, b"\xed", final=False),
        raw_frame(CONTINUATION, b"\xa0\x80"),
    ),
    fails(
        1007,
        "6455-8.1",
        "an incomplete character at the end of the last fragment",
        raw_frame(TEXT, b"\xf0\x9f", final=False),
        raw_frame(CONTINUATION, b"\x9a"),
    ),
    lives(
        "6455-8.1",
        "a character in four fragments with pings between",
        raw_frame(TEXT, b'"\xf0', final=False),
        raw_frame(PING, b"1"),
        raw_frame(CONTINUATION, b"\x9f", final=False),
        raw_frame(CONTINUATION, b"\x9a", final=False),
        raw_frame(CONTINUATION, b'\x80"'),
        Pong(b"1"),
        Message(error="message-not-understood"),
    ),
    lives("6455-8.1", "a binary message need not be UTF-8", raw_frame(2, b"\xff\xfe"), Message(error="messages-are-text")),
]
