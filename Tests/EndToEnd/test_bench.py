# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The server for load tests: what it is asked to produce is what its watchers get."""

from __future__ import annotations

import asyncio

from harness import BASE, Server, case, expect, expect_equal, request
from rawsocket import connect_many

SERVE = ("bench", "serve", "--port", "0")


async def load(server, watchers: int, query: str, updates: int) -> list:
    crowd = await connect_many(watchers, f"ws://127.0.0.1:{server.port}{BASE}/op")
    answer = await asyncio.to_thread(request, "GET", f"{server.url}/start?{query}")
    expect_equal(answer.status, 202, "status of the order")
    await asyncio.wait_for(asyncio.gather(*(w.until(updates + 1) for w in crowd)), 20)
    for watcher in crowd:
        watcher.transport.abort()
    return crowd


@case("bench serve makes the updates asked for, each with its time, whichever way they are written")
def produces(environment):
    for path in ("direct", "channel"):
        for query, updates in (("u=200&r=0&b=1", 200), ("u=330&r=0&b=32", 330), ("u=50&r=500", 50)):
            with Server(environment.binary, "--write-path", path, serve=SERVE) as server:
                for watcher in asyncio.run(load(server, 20, query, updates)):
                    times = [m["details"]["t"] for m in watcher.objects[1:]]
                    expect_equal(len(times), updates, f"updates of {query}, {path}")
                    expect_equal(times, sorted(set(times)), f"times of {query}, {path}")


@case("bench serve keeps to the rate asked for")
def paces(environment):
    with Server(environment.binary, serve=SERVE) as server:
        crowd = asyncio.run(load(server, 2, "u=101&r=200", 101))
        times = [m["details"]["t"] for m in crowd[0].objects[1:]]
        expect(times[-1] - times[0] > 450_000_000, "a hundred steps at 200 a second took far less than half a second")


@case("bench serve says what it takes where an order makes no sense")
def refuses(environment):
    with Server(environment.binary, serve=SERVE) as server:
        for query in ("", "?u=0", "?u=x", "?u=1&r=-1", "?u=1&b=-5", "?u=1&b=2000", "?u=1&r=nan"):
            answer = request("GET", f"{server.url}/start{query}")
            expect_equal(answer.status, 400, f"status of {query!r}")
            expect(b"u=UPDATES" in answer.body, f"the answer to {query!r} says {answer.body!r}")
