# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A thousand watchers of one operation, some of them slow or broken."""

from __future__ import annotations

import asyncio
import time

from harness import Server, expect, expect_equal
from rawsocket import BlockingSocket, connect_many

FULL = "live-progress.v1"
STATES = ["Queued"] + [f"Step {n}" for n in range(1, 21)] + ["Done"]


async def twenty_steps(operation) -> None:
    """Reports a transition every 50 ms, and then the end."""
    for number in range(1, 21):
        await asyncio.to_thread(operation.step, number)
        await asyncio.sleep(0.05)
    await asyncio.to_thread(operation.succeed)


async def follow(operation, count: int) -> list:
    watchers = await connect_many(count, operation.socket_url, FULL)
    await twenty_steps(operation)
    await asyncio.wait_for(asyncio.gather(*(w.finished for w in watchers)), 30)
    return watchers


def check(watchers: list) -> None:
    for index, watcher in enumerate(watchers):
        messages = watcher.objects
        expect_equal([m["state"] for m in messages], STATES, f"states of watcher {index}")
        expect_equal(messages[-1]["type"], "end", f"last message of watcher {index}")
        expect_equal(watcher.close_code, 1000, f"close code of watcher {index}")


def test_thousand(binary):
    """A thousand watchers receive all twenty transitions in order, and the end."""
    with Server(binary) as server:
        check(asyncio.run(follow(server.operation(state="Queued"), 1000)))


def test_bad_company(binary):
    """One watcher that never reads and one that disappears do not affect the other 998 watchers."""
    with Server(binary) as server:
        operation = server.operation(state="Queued")
        stalled = BlockingSocket(operation.socket_url, FULL, receive_buffer=4096)
        vanished = BlockingSocket(operation.socket_url, FULL)
        vanished.next()
        vanished.vanish()
        check(asyncio.run(follow(operation, 998)))
        stalled.socket.close()


async def flood(operation, count: int, steps: int, filler: str) -> list:
    watchers = await connect_many(count, operation.socket_url, FULL)
    for number in range(1, steps + 1):
        await asyncio.to_thread(operation.report, state=f"Step {number}", details={"filler": filler})
        # Wait for the watchers, so that they keep up on a slow machine. The stalled watcher is not in this list.
        await asyncio.wait_for(asyncio.gather(*(w.until(number + 1) for w in watchers)), 20)
    await asyncio.to_thread(operation.succeed)
    await asyncio.wait_for(asyncio.gather(*(w.finished for w in watchers)), 60)
    return watchers


def test_stalled_watcher(binary):
    """A watcher that stops reading uses no memory, receives the number of skipped revisions, and receives the end."""
    with Server(binary) as server:
        operation = server.operation(state="Queued")
        stalled = BlockingSocket(operation.socket_url, FULL, receive_buffer=4096)
        before = server.resident_bytes()
        watchers = asyncio.run(flood(operation, 8, 600, "x" * 30_000))
        grown = server.resident_bytes() - before
        for watcher in watchers:
            expect_equal(len(watcher.messages), 602, "messages of a watcher that keeps up")
        # 600 reports of 30 kB have 18 MB. The journal keeps 64 of them (2 MB), in two encodings.
        expect(grown < 40_000_000, f"the server grew by {grown} bytes")
        messages = stalled.rest()
        revisions = [m["revision"] for m in messages]
        expect_equal(revisions, sorted(set(revisions)), "revisions in strictly increasing order")
        told = sum(1 + m.get("skipped", 0) for m in messages)
        expect_equal(told, messages[-1]["revision"] - revisions[0] + 1, "received and skipped revisions")
        expect(len(messages) < 602, "the watcher never fell behind, so this run tests nothing")
        expect_equal((messages[-1]["type"], stalled.close_code), ("end", 1000), "the end")


def test_leaving(binary):
    """Watchers that disconnect free their descriptors."""
    with Server(binary) as server:
        operation = server.operation(state="Queued")

        async def come_and_go() -> None:
            for watcher in await connect_many(300, operation.socket_url, FULL):
                watcher.transport.abort()

        asyncio.run(come_and_go())
        descriptors = open_descriptors(server)
        deadline = time.monotonic() + 5
        while descriptors and descriptors > 40 and time.monotonic() < deadline:
            time.sleep(0.05)
            descriptors = open_descriptors(server)
        expect(descriptors <= 40, f"{descriptors} descriptors are still open")
        operation.step(1)


def open_descriptors(server) -> int:
    """Returns the number of open descriptors of the server, or 0 if the system has no `/proc`."""
    import os

    try:
        return len(os.listdir(f"/proc/{server.process.pid}/fd"))
    except FileNotFoundError:
        return 0
