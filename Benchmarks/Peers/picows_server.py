# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A peer for the benchmarks, based on the package picows: `picows_server.py PORT`, `GET /start?u=U&r=R`."""

from __future__ import annotations

import asyncio
import sys

import picows
from producing import Order, fast_loop, produce

watchers: set[picows.WSTransport] = set()
tasks: set[asyncio.Task] = set()


class Watcher(picows.WSListener):
    def on_ws_connected(self, transport: picows.WSTransport) -> None:
        watchers.add(transport)

    def on_ws_disconnected(self, transport: picows.WSTransport) -> None:
        watchers.discard(transport)


def send(text: str) -> None:
    payload = text.encode()
    for watcher in watchers:
        watcher.send(picows.WSMsgType.TEXT, payload)


def accept(request: picows.WSUpgradeRequest) -> Watcher | None:
    """Accepts watchers and orders to produce; picows then refuses an order as an invalid handshake, which does no harm."""
    if not request.path.startswith(b"/start"):
        return Watcher()
    task = asyncio.get_running_loop().create_task(produce(Order.parse(request.path.decode()), send))
    tasks.add(task)
    task.add_done_callback(tasks.discard)
    return None


async def main() -> None:
    server = await picows.ws_create_server(accept, "127.0.0.1", int(sys.argv[1]), backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    fast_loop(main())
