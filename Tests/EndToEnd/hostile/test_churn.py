# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Ten thousand watchers that connect and disconnect: with a close frame, with an RST, or without reading."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
from company import Worker, follow, latencies, missed
from conversation import Conversation, Unmet
from harness import Operation, expect, expect_equal
from kit import served, settled
from rows import BUSY, FULL, close_frame, upgrade
from steps import Close, Upgraded

ARRIVALS = 10_000
AT_ONCE = 200
ADDRESSES = 50
MEMORY = 10 * 2**20


async def polite(port: int, address: str) -> None:
    """Watches, reads the first message, sends a close frame, and waits for the server's close frame."""
    talk = await Conversation.open(port, address)
    try:
        await talk.send(upgrade(BUSY))
        await Upgraded(FULL).perform(talk)
        await talk.frame()
        await talk.send(close_frame(1000))
        await Close(1000).perform(talk)
    finally:
        talk.close()


async def abrupt(port: int, address: str) -> None:
    """Watches, and closes the connection with an RST."""
    talk = await Conversation.open(port, address)
    await talk.send(upgrade(BUSY))
    await Upgraded(FULL).perform(talk)
    talk.reset()


async def deaf(port: int, address: str) -> None:
    """Requests an upgrade and closes the socket without reading, so that the system sends an RST."""
    loop = asyncio.get_running_loop()
    with socket.socket() as plug:
        plug.setblocking(False)
        plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        plug.bind((address, 0))
        await loop.sock_connect(plug, ("127.0.0.1", port))
        await loop.sock_sendall(plug, upgrade(BUSY))
        await asyncio.sleep(0.05)


async def churn(port: int, count: int) -> list[str]:
    """Runs `count` watchers, a third of each kind; returns the problems."""
    room, problems = asyncio.Semaphore(AT_ONCE), []

    async def one(number: int) -> None:
        kind = (polite, abrupt, deaf)[number % 3]
        async with room:
            try:
                await kind(port, f"127.0.0.{2 + number % ADDRESSES}")
            except (Unmet, OSError) as problem:
                problems.append(f"{kind.__name__}: {problem}")

    await asyncio.gather(*(one(number) for number in range(count)))
    return problems


async def watched(server) -> dict:
    """Runs the churn together with a watcher that stays connected."""
    operation = Operation(server, "busy")
    operation.put()
    operation.connection.close()
    idle = await settled(server)
    problems = await churn(server.port, ARRIVALS // 10)
    before = await settled(server, idle)
    done = asyncio.Event()
    worker = Worker(server.port, "busy", 0.02)
    staying = await follow(server.port, "busy")
    working = asyncio.create_task(worker.run(done))
    started = time.monotonic()
    problems += await churn(server.port, ARRIVALS)
    took = time.monotonic() - started
    done.set()
    await working
    await asyncio.wait_for(staying.finished, 30)
    after = await settled(server, before, 30)
    return {
        "problems": problems,
        "before": before,
        "after": after,
        "took": took,
        "missed": worker.problem or missed(staying),
        "told": (len(staying.messages), len(worker.said) + 2),
        "times": latencies(worker, staying),
    }


@pytest.mark.timeout(240)
def test_ten_thousand(binary):
    """Ten thousand watchers connect and disconnect: the server frees everything, and another watcher misses nothing."""
    with served(binary) as server:
        seen = asyncio.run(watched(server))
    times, before, after = seen["times"], seen["before"], seen["after"]
    middle, late = (1000 * times[int(share * (len(times) - 1))] for share in (0.5, 0.99))
    print(f"     {ARRIVALS} in {seen['took']:.1f} s, {ARRIVALS / seen['took']:.0f} a second")
    print(f"     report to message {middle:.1f} ms median, {late:.1f} ms at 99 %, of {len(times)} updates")
    print(f"     before: {before}\n     after:  {after}")
    expect(not seen["problems"], f"{len(seen['problems'])} went wrong, such as {seen['problems'][:3]}")
    expect_equal(seen["missed"], None, "problem of the watcher that stayed")
    expect_equal(seen["told"][0], seen["told"][1], "messages of the watcher that stayed")
    expect_equal(after.held, before.held, "connections, WebSockets and streams")
    expect(after.descriptors <= before.descriptors, f"{after.descriptors} descriptors are open")
    grown = after.resident - before.resident
    expect(grown <= MEMORY, f"the server has grown by {grown} bytes")
