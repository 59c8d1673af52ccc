# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A peer for the benchmarks, based on the package websockets: `websockets_server.py PORT`, `GET /start?u=U&r=R`."""

from __future__ import annotations

import asyncio
import http
import sys

from producing import Order, fast_loop, produce
from websockets.asyncio.server import Request, Response, ServerConnection, broadcast, serve
from websockets.datastructures import Headers

watchers: set[ServerConnection] = set()
tasks: set[asyncio.Task] = set()


async def watch(watcher: ServerConnection) -> None:
    watchers.add(watcher)
    try:
        await watcher.wait_closed()
    finally:
        watchers.discard(watcher)


def answer(_: ServerConnection, request: Request) -> Response | None:
    """Answers an order to produce; leaves all other requests to the handshake."""
    if not request.path.startswith("/start"):
        return None
    order = Order.parse(request.path)
    task = asyncio.get_running_loop().create_task(produce(order, lambda text: broadcast(watchers, text)))
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return Response(http.HTTPStatus.OK.value, "OK", Headers({"Content-Length": "0"}))


async def main() -> None:
    options = {"compression": None, "ping_interval": None, "max_queue": 4}
    async with serve(watch, "127.0.0.1", int(sys.argv[1]), process_request=answer, backlog=4096, **options) as server:
        await server.serve_forever()


if __name__ == "__main__":
    fast_loop(main())
