# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Both functions to watch, and a WebSocket server that plays a script."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import queue
import socket
import struct
import threading

import pytest
from support import API

from live_progress import awatch, watch


def blocking(url, **options):
    return list(watch(url, **options))


def asynchronous(url, **options):
    async def collect():
        return [snapshot async for snapshot in awatch(url, **options)]

    return asyncio.run(collect())


both = pytest.mark.parametrize("follow", [blocking, asynchronous])


def message(revision, *, status="running", kind="update", epoch="e", **members):
    return json.dumps(
        {
            "type": kind,
            "id": "x",
            "cursor": f"{epoch}-{revision}",
            "revision": revision,
            "attempt": 1,
            "status": status,
            "state": f"State {revision}",
            "details": None,
            "skipped": 0,
            **members,
        }
    )


def frame(payload, opcode=1, final=True):
    data = payload.encode() if isinstance(payload, str) else payload
    head = bytes([(0x80 if final else 0) | opcode])
    if len(data) < 126:
        return head + bytes([len(data)]) + data
    if len(data) < 65536:
        return head + bytes([126]) + struct.pack("!H", len(data)) + data
    return head + bytes([127]) + struct.pack("!Q", len(data)) + data


def closing(code, reason=""):
    return frame(struct.pack("!H", code) + reason.encode(), 8)


class ScriptedWatch:
    """A WebSocket server that plays one script per connection: bytes to send, or an HTTP response as text."""

    def __init__(self, *scripts):
        self.scripts = list(scripts)
        self.requests = []
        self.received = queue.SimpleQueue()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}{API}/x"
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        for script in self.scripts:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += connection.recv(65536)
                self.requests.append(head.decode())
                if isinstance(script, str):
                    connection.sendall(script.encode())
                    continue
                key = next(line for line in head.decode().split("\r\n") if line.startswith("Sec-WebSocket-Key"))
                digest = hashlib.sha1((key.split(": ")[1] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
                connection.sendall(
                    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Protocol: live-progress.v1\r\nSec-WebSocket-Accept: "
                    + base64.b64encode(digest)
                    + b"\r\n\r\n"
                )
                for data in script:
                    if data is silent:
                        silent(connection)
                    elif callable(data):
                        self.received.put(unmasked(connection))
                    else:
                        connection.sendall(data)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


def silent(connection):
    """Sends nothing until the client closes the connection."""
    try:
        while connection.recv(65536):
            pass
    except OSError:
        pass


def unmasked(connection):
    """Returns the opcode and the payload of the client's next frame."""

    def exactly(count):
        data = b""
        while len(data) < count:
            data += connection.recv(count - len(data))
        return data

    opcode, length = exactly(2)
    assert length & 0x80, "a client must mask its frames"
    length &= 0x7F
    if length == 126:
        length = int.from_bytes(exactly(2), "big")
    mask = exactly(4)
    return opcode & 15, bytes(byte ^ mask[index % 4] for index, byte in enumerate(exactly(length)))


def refusal(status, *fields, problem="{}"):
    lines = [f"HTTP/1.1 {status} No", *fields, f"Content-Length: {len(problem)}", "", problem]
    return "\r\n".join(lines)


END = frame(message(9, status="succeeded", kind="end", result=1))
