# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The client side of a WebSocket (RFC 6455) without I/O: bytes in, events out."""

from __future__ import annotations

import base64
import hashlib
import http.client
import io
import os
import struct
import urllib.parse
from typing import List, NamedTuple, Optional, Tuple, Union

from ._http import Answer, answer_of, headers_with

PROTOCOL = "live-progress.v1"
_LARGEST_MESSAGE = 16 * 1024 * 1024
_LARGEST_HEAD = 64 * 1024
_TEXT, _BINARY, _CLOSE, _PING, _PONG = 1, 2, 8, 9, 10


class Refused(NamedTuple):
    """The server answered the handshake with another status code than 101."""

    answer: Answer


class Closed(NamedTuple):
    """The connection is closed; the code 1006 means that it broke without a close frame."""

    code: int
    reason: str


Event = Union[str, Refused, Closed]


class WebSocket:
    """A connection. The bytes to send are in ``outgoing``, which starts with the handshake."""

    def __init__(self, url: str, token: Optional[str]) -> None:
        self.outgoing = bytearray()
        self._incoming = bytearray()
        self._key = base64.b64encode(os.urandom(16)).decode()
        self._is_open = False
        self._is_over = False
        self._message: Optional[bytearray] = None
        parts = urllib.parse.urlsplit(url)
        fields = {
            "Host": parts.netloc,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": self._key,
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Protocol": PROTOCOL,
        }
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        lines = [f"GET {target} HTTP/1.1", *(f"{name}: {text}" for name, text in headers_with(token, fields).items())]
        self.outgoing += ("\r\n".join(lines) + "\r\n\r\n").encode("ascii", "replace")

    @property
    def is_open(self) -> bool:
        """Whether the handshake is complete."""
        return self._is_open

    def send(self, text: str) -> None:
        self._write(_TEXT, text.encode())

    def close(self, code: int = 1000) -> None:
        if self._is_open and not self._is_over:
            self._write(_CLOSE, struct.pack("!H", code))

    def received(self, data: bytes) -> List[Event]:
        """Parses received bytes; empty bytes mean the end. ``Refused`` and ``Closed`` are always the last event."""
        self._incoming += data
        events: List[Event] = []
        if not self._is_open and not self._is_over:
            refusal = self._handshake(is_eof=not data)
            if refusal is not None:
                events.append(refusal)
        while self._is_open and not self._is_over:
            frame = self._frame()
            if frame is None:
                break
            event = self._event(*frame)
            if event is not None:
                events.append(event)
        if not data and not self._is_over:
            events.append(self._end(1006, "The connection broke."))
        return events

    def _handshake(self, is_eof: bool) -> Optional[Event]:
        head, separator, rest = bytes(self._incoming).partition(b"\r\n\r\n")
        if not separator:
            return self._end(1006, "The response head is too long.") if len(head) > _LARGEST_HEAD else None
        lines = io.BytesIO(head + b"\r\n\r\n")
        try:
            version, _, status = lines.readline().decode("latin-1").partition(" ")
            code = int(status[:3])
            fields = http.client.parse_headers(lines)
        except (ValueError, http.client.HTTPException):
            return self._end(1006, "The answer is not HTTP.")
        if code != 101:
            length = fields.get("Content-Length", "0")
            expected = min(int(length), _LARGEST_HEAD) if length.isdecimal() and len(length) < 20 else 0
            if len(rest) < expected and not is_eof:
                return None
            self._is_over = True
            return Refused(answer_of(code, fields, rest))
        digest = hashlib.sha1((self._key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        if (
            fields.get("Sec-WebSocket-Accept", "").strip() != base64.b64encode(digest).decode()
            or fields.get("Sec-WebSocket-Protocol", "").strip() != PROTOCOL
        ):
            return self._end(1002, f"The server does not support {PROTOCOL}.")
        self._is_open = True
        self._incoming[:] = rest
        return None

    def _frame(self) -> Optional[Tuple[int, bool, bytes]]:
        data = self._incoming
        if len(data) < 2:
            return None
        length, start = data[1] & 0x7F, 2
        if data[1] & 0x80 or data[0] & 0x70:
            return (-1, True, b"")
        if length >= 126:
            size = 2 if length == 126 else 8
            if len(data) < 2 + size:
                return None
            length, start = int.from_bytes(data[2 : 2 + size], "big"), 2 + size
        if length > _LARGEST_MESSAGE:
            return (-1, True, b"")
        if len(data) < start + length:
            return None
        kind, is_final, payload = data[0] & 0x0F, bool(data[0] & 0x80), bytes(data[start : start + length])
        del data[: start + length]
        return kind, is_final, payload

    def _event(self, kind: int, is_final: bool, payload: bytes) -> Optional[Event]:
        if kind == _PING:
            self._write(_PONG, payload)
        elif kind == _CLOSE:
            code = int.from_bytes(payload[:2], "big") if len(payload) >= 2 else 1005
            self._write(_CLOSE, payload[:2])
            return self._end(code, payload[2:].decode("utf-8", "replace"))
        elif kind in (0, _TEXT):
            if (kind == 0) == (self._message is None):
                return self._fault(1002)
            message = self._message if self._message is not None else bytearray()
            message += payload
            self._message = None if is_final else message
            if len(message) > _LARGEST_MESSAGE:
                return self._fault(1009)
            if is_final:
                try:
                    return message.decode()
                except UnicodeDecodeError:
                    return self._fault(1007)
        elif kind != _PONG:
            return self._fault(1002)
        return None

    def _fault(self, code: int) -> Closed:
        """Closes after an invalid frame; the code is 1006, because a new connection may work."""
        self._write(_CLOSE, struct.pack("!H", code))
        return self._end(1006, "The server sent an invalid WebSocket frame or message.")

    def _end(self, code: int, reason: str) -> Closed:
        self._is_over = True
        return Closed(code, reason)

    def _write(self, kind: int, payload: bytes) -> None:
        length = len(payload)
        if length < 126:
            head = struct.pack("!BB", 0x80 | kind, 0x80 | length)
        elif length < 65536:
            head = struct.pack("!BBH", 0x80 | kind, 0x80 | 126, length)
        else:
            head = struct.pack("!BBQ", 0x80 | kind, 0x80 | 127, length)
        mask = os.urandom(4)
        key = (mask * (length // 4 + 1))[:length]
        masked = (int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")).to_bytes(length, "big")
        self.outgoing += head + mask + masked
