# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""What a row of the tables is, and the bytes that many of them share."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness import BASE
from rawsocket import CLOSE
from steps import Alive, Answer, Close, Send, Upgraded

CONTINUATION, BINARY = 0, 2

QUIET = f"{BASE}/quiet"
"""An operation without reports; what rows send to it must be refused, and leave it at revision 0."""
BUSY = f"{BASE}/busy"
"""The operation that the control client follows."""
LOUD = f"{BASE}/loud"
"""An operation whose messages are large and many."""

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The key of the example in RFC 6455 section 1.3, so that its answer is known."""
FULL = "live-progress.v1"

HERE = b'"id":"quiet"'
"""What stands in every answer that tells of the quiet operation."""
REPORT = '{"state":"Taken over"}'
"""A sound report, which must not get through."""


@dataclass
class Row:
    """One hostile client: the rule, what it does in words, and the steps in order."""

    rule: str
    name: str
    steps: tuple
    seconds: float = 0.0
    """About how long it takes where that is not at once; long ones begin first."""
    receive_buffer: int | None = None
    needs: str | None = None
    """What the server must be able to do for this row; without it the row is skipped, and said to be."""
    known: str | None = None
    """The defect for which the row fails today; once it does not, the mark has to go."""
    group: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.group}: {self.name} ({self.rule})"


EDGE = "a strict HTTP edge"
"""What rows need that the server's HTTP edge must answer by the letter of RFC 9112."""
TOKENS = "capability tokens"


def row(rule: str, name: str, *steps, **more) -> Row:
    """A row of a table; bytes among the steps are sent."""
    return Row(rule, name, tuple(Send(step) if isinstance(step, bytes) else step for step in steps), **more)


# HTTP


def request(line: str, *fields: str, body: bytes = b"", host: str | None = "localhost") -> bytes:
    """A request: its line without the version, its fields, its body with a length."""
    lines = [f"{line} HTTP/1.1"]
    if host is not None:
        lines.append(f"Host: {host}")
    lines += fields
    if body and not any(f.lower().startswith(("content-length:", "transfer-encoding:")) for f in fields):
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def json_request(line: str, text: str | bytes, *fields: str) -> bytes:
    body = text if isinstance(text, bytes) else text.encode()
    return request(line, "Content-Type: application/json", *fields, body=body)


def form_request(line: str, text: str | bytes, *fields: str) -> bytes:
    body = text if isinstance(text, bytes) else text.encode()
    return request(line, "Content-Type: application/x-www-form-urlencoded", *fields, body=body)


GET = request("GET /healthz")


# WebSocket


def upgrade(
    path: str = QUIET,
    *more: str,
    line: str | None = None,
    connection: str | None = "Upgrade",
    to: str | None = "websocket",
    version: str | None = "13",
    key: str | None = KEY,
    protocol: str | None = FULL,
    host: str | None = "localhost",
) -> bytes:
    """A handshake, sound but for what is said."""
    fields = (
        ("Connection", connection),
        ("Upgrade", to),
        ("Sec-WebSocket-Version", version),
        ("Sec-WebSocket-Key", key),
        ("Sec-WebSocket-Protocol", protocol),
    )
    lines = [f"{name}: {value}" for name, value in fields if value is not None]
    return request(line or f"GET {path}", *lines, *more, host=host)


def raw_frame(
    opcode: int,
    payload: bytes = b"",
    *,
    final: bool = True,
    reserved: int = 0,
    masked: bool = True,
    length: bytes | None = None,
    mask: bytes = b"\x37\xfa\x21\x3d",
) -> bytes:
    """A frame, sound but for what is said; `length` is the second byte without its mask bit, and what extends it."""
    if length is None:
        count = len(payload)
        if count < 126:
            length = bytes([count])
        elif count < 1 << 16:
            length = b"\x7e" + count.to_bytes(2, "big")
        else:
            length = b"\x7f" + count.to_bytes(8, "big")
    first = (0x80 if final else 0) | reserved << 4 | opcode
    if not masked:
        return bytes([first]) + length + payload
    key = int.from_bytes((mask * (len(payload) // 4 + 1))[: len(payload)], "big")
    covered = (int.from_bytes(payload, "big") ^ key).to_bytes(len(payload), "big")
    return bytes([first, 0x80 | length[0]]) + length[1:] + mask + covered


def close_frame(code: int | None = None, reason: bytes = b"") -> bytes:
    return raw_frame(CLOSE, b"" if code is None else code.to_bytes(2, "big") + reason)


WATCH = (Send(upgrade()), Upgraded(FULL))
"""The beginning of every row that is about what comes after the handshake."""


def refused(problem: str, status: int, *fields, **more) -> Answer:
    return Answer(status, problem, *fields, **more)


def watching(rule: str, name: str, *frames, **more) -> Row:
    """A row that begins as a watcher of the quiet operation."""
    return row(rule, name, *WATCH, *frames, **more)


def fails(code: int, rule: str, name: str, *frames, **more) -> Row:
    """A row of a watcher whose frames fail the connection with a code."""
    return watching(rule, name, *frames, Close(code), **more)


def lives(rule: str, name: str, *steps, **more) -> Row:
    """A row of a watcher that does nothing wrong: its connection goes on."""
    return watching(rule, name, *steps, Alive(), **more)
