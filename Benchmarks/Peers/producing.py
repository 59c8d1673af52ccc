# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The common part of the Python peers: the order to produce, and the updates."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.parse
from collections.abc import Callable, Coroutine
from dataclasses import dataclass


@dataclass(frozen=True)
class Order:
    """The total number of updates, and the updates per second (0: as fast as possible)."""

    updates: int
    rate: float

    @classmethod
    def parse(cls, target: str) -> Order:
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(target).query)
        return cls(int(query["u"][0]), float(query.get("r", ["0"])[0]))


async def produce(order: Order, send: Callable[[str], None]) -> None:
    """Encodes each update once and passes it to `send`; the event loop handles other events between two updates."""
    loop = asyncio.get_running_loop()
    begin = loop.time()
    for made in range(order.updates):
        due = begin + made / order.rate if order.rate else 0.0
        await asyncio.sleep(max(0.0, due - loop.time()))
        details = {"percentComplete": 50, "currentStep": "Validating data", "t": time.monotonic_ns()}
        send(json.dumps({"state": "Processing", "details": details}, separators=(",", ":")))


def fast_loop(main: Coroutine) -> None:
    """Runs a server on uvloop if it is installed, because a peer is measured at its best."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)
