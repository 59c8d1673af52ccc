# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A server with `--compression`: third-party clients can inflate its frames, and other clients receive plain frames."""

from __future__ import annotations

import socket
import zlib

import pytest
from harness import Server, expect, expect_equal
from rawsocket import handshake
from test_clients import CLIENTS, FULL, Watched, check_full, check_plain, follow

OFFER = b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"


def first_frame(url: str, offer: bytes) -> tuple[bytes, int, bytes]:
    """Returns the response head, and the first byte and the payload of the first frame, which has less than 126 bytes."""
    host, port, request = handshake(url)
    with socket.create_connection((host, port), timeout=10) as connection:
        connection.sendall(request[:-2] + offer + b"\r\n")
        data = b""
        while b"\r\n\r\n" not in data or len(data.split(b"\r\n\r\n", 1)[1]) < 2:
            data += connection.recv(4096)
        head, frames = data.split(b"\r\n\r\n", 1)
        while len(frames) < 2 + frames[1]:
            frames += connection.recv(4096)
    return head, frames[0], frames[2 : 2 + frames[1]]


def test_negotiated(binary):
    """One server sends compressed frames to a client that offers compression, and plain frames to other clients."""
    with Server(binary, "--compression") as server:
        operation = server.operation(state="Queued")
        head, first, payload = first_frame(operation.socket_url, OFFER)
        agreed = b"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover"
        expect(agreed in head, f"the answer is {head!r}")
        expect_equal(first, 0xC1, "first byte")
        text = zlib.decompressobj(-15).decompress(payload + b"\x00\x00\xff\xff")
        expect_equal(text, b'{"state":"Queued","details":null}', "the message inflated")
        head, first, payload = first_frame(operation.socket_url, b"")
        expect(b"extensions" not in head.lower(), f"the answer is {head!r}")
        expect_equal((first, payload), (0x81, text), "the plain frame")


def test_off(server):
    """Without the option, the server accepts no compression."""
    operation = server.operation(state="Queued")
    head, first, _ = first_frame(operation.socket_url, OFFER)
    expect(b"extensions" not in head.lower(), f"the answer is {head!r}")
    expect_equal(first, 0x81, "first byte")


def aiohttp_client(url: str, subprotocol: str | None, watched: Watched) -> None:
    """Watches like the client of test_clients, but also offers compression."""
    import asyncio

    import aiohttp

    async def watch() -> None:
        protocols = (subprotocol,) if subprotocol else ()
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(url, protocols=protocols, compress=15) as connection:
                expect(connection.compress, "compression was not agreed on")
                async for message in connection:
                    watched.message(message.data)
                watched.code = connection.close_code

    asyncio.run(watch())


COMPRESSING = {
    "Python websockets": CLIENTS["Python websockets"],
    "Python aiohttp": aiohttp_client,
    "node ws": CLIENTS["node ws"],
}


@pytest.mark.parametrize("client", COMPRESSING.values(), ids=COMPRESSING.keys())
def test_compressed(binary, client):
    """A third-party client with compression: every revision in order in both formats, and the close code 1000."""
    with Server(binary, "--compression") as server:
        watched, _ = follow(server, client, None)
        check_plain(watched)
        watched, end = follow(server, client, FULL)
        check_full(watched, end)
