# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""SIGTERM and SIGINT with connected clients."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest
from harness import Server, expect, expect_equal, request
from rawsocket import connect_many


async def open_request(server, path: str, *fields: str) -> tuple:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", *fields]
    writer.write(("\r\n".join(head) + "\r\n\r\n").encode())
    return reader, writer


def await_streams(server, count: int) -> None:
    """Waits until the server has the given number of open streams and long polls."""
    deadline = time.monotonic() + 10
    while f"live_progress_streams {count}\n" not in request("GET", server.url + "/metrics").body.decode():
        expect(time.monotonic() < deadline, f"{count} streams and long polls are not open")


async def terminate_with_everyone(server, operation) -> tuple:
    watchers = await connect_many(100, operation.socket_url, "live-progress.v1")
    streams = [await open_request(server, operation.path, "Accept: text/event-stream") for _ in range(20)]
    for reader, _ in streams:
        await asyncio.wait_for(reader.readuntil(b"data:"), 10)
    tag = operation.put()["cursor"]
    polls = [
        await open_request(server, operation.path, f'If-None-Match: "{tag}"', "Prefer: wait=25") for _ in range(20)
    ]
    await asyncio.to_thread(await_streams, server, 40)
    started = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    await asyncio.wait_for(asyncio.gather(*(w.finished for w in watchers)), 10)
    rests = await asyncio.wait_for(asyncio.gather(*(r.read() for r, _ in streams)), 10)
    answers = await asyncio.wait_for(asyncio.gather(*(r.read() for r, _ in polls)), 10)
    code = await asyncio.to_thread(server.process.wait, 10)
    return watchers, rests, answers, code, time.monotonic() - started


@pytest.mark.alone
def test_sigterm(binary):
    """After SIGTERM, 100 WebSockets, 20 SSE streams and 20 long polls end properly, and the server exits with 0 within 2 s."""
    with Server(binary) as server:
        operation = server.operation(state="Queued")
        watchers, rests, answers, code, took = asyncio.run(terminate_with_everyone(server, operation))
        expect_equal(code, 0, f"exit code; the log:\n{server.tail()}")
        expect(took < 2, f"it took {took:.2f} s")
        expect_equal({w.close_code for w in watchers}, {1001}, "close codes")
        unfinished = sum(not rest.endswith(b"0\r\n\r\n") for rest in rests)
        expect_equal(unfinished, 0, "event streams without their last chunk")
        statuses = {answer.split(b"\r\n")[0] for answer in answers}
        expect(all(s.startswith(b"HTTP/1.1 ") for s in statuses), f"long-polls were answered {statuses}")


def test_sigint(binary):
    """SIGINT also stops the server."""
    with Server(binary) as server:
        server.process.send_signal(signal.SIGINT)
        expect_equal(server.process.wait(5), 0, "exit code")
