# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The rows of the tables, and the bytes that many rows share."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness import BASE
from rawsocket import CLOSE
from steps import Alive, Answer, Close, Send, Upgraded

CONTINUATION, BINARY = 0, 2

QUIET = f"{BASE}/quiet"
"""An operation without reports. All reports of the rows to this operation must be refused, so that it stays at revision 0."""
BUSY = f"{BASE}/busy"
"""The operation that the control client watches."""
LOUD = f"{BASE}/loud"
"""An operation with many large messages."""

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
"""The key of the example in RFC 6455 section 1.3, which has a known Sec-WebSocket-Accept."""
FULL = "live-progress.v1"

HERE = b'"id":"quiet"'
"""A part of every response with the quiet operation."""
REPORT = '{"state":"Taken over"}'
"""A valid report, which must not be applied."""


@dataclass
class Row:
    """A hostile client: the rule, a description, and the steps in order."""

    rule: str
    name: str
    steps: tuple
    seconds: float = 0.0
    """The approximate duration of a slow row; the slowest rows start first."""
    receive_buffer: int | None = None
    needs: str | None = None
    """An ability that the server needs for this row; without it, the row is skipped with a warning."""
    known: str | None = None
    """A known defect that makes the row fail; when the row passes, this mark must be removed."""
    group: str = field(default="", compare=False)

    def __str__(self) -> str:
        return f"{self.group}: {self.name} ({self.rule})"


EDGE = "a strict HTTP edge"
"""The ability to follow RFC 9112 strictly."""
TOKENS = "capability tokens"


def row(rule: str, name: str, *steps, **more) -> Row:
    """Returns a row; a step that is bytes means that the row sends these bytes."""
    return Row(rule, name, tuple(Send(step) if isinstance(step, bytes) else step for step in steps), **more)


# HTTP


def request(line: str, *fields: str, body: bytes = b"", host: str | None = "localhost") -> bytes:
    """Returns a request; `line` has no version, and a body adds Content-Length."""
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
    """Returns a handshake request that is valid except for the given parts."""
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
    """Returns a frame that is valid except for the given parts; `length` is the length field without the mask bit."""
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
"""The first steps of every row that tests an open WebSocket."""


def refused(problem: str, status: int, *fields, **more) -> Answer:
    return Answer(status, problem, *fields, **more)


def watching(rule: str, name: str, *frames, **more) -> Row:
    """Returns a row that starts as a watcher of the quiet operation."""
    return row(rule, name, *WATCH, *frames, **more)


def fails(code: int, rule: str, name: str, *frames, **more) -> Row:
    """Returns a row of a watcher whose frames make the server fail the connection with a close code."""
    return watching(rule, name, *frames, Close(code), **more)


def lives(rule: str, name: str, *steps, **more) -> Row:
    """Returns a row of a watcher without errors, whose connection stays open."""
    return watching(rule, name, *steps, Alive(), **more)
