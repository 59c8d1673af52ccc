# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The servers of a case, and their URL."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from .cases import Case
from .model_server import ModelServer
from .real import Hand, RealServer
from .relay import Relay
from .scripted import ScriptedServer

held: list[socket.socket] = []


@dataclass
class Stage:
    """The servers of a case."""

    url: str
    scripted: ScriptedServer | None = None
    real: RealServer | None = None
    relay: Relay | None = None
    hand: Hand | None = None


@contextlib.asynccontextmanager
async def stage(case: Case, binary: Path, origins: list[str]) -> AsyncIterator[Stage]:
    async with contextlib.AsyncExitStack() as stack:
        if case.server == "scripted":
            scripted = ScriptedServer(case.connections)
            await scripted.start()
            stack.push_async_callback(scripted.stop)
            yield Stage(scripted.url, scripted=scripted)
        elif case.server == "model":
            model = ModelServer()
            await model.start()
            stack.push_async_callback(model.stop)
            yield await relayed_stage(case, model, None, stack)
        elif case.server in ("real", "relayed"):
            yield await real_stage(case, binary, origins, stack)
        else:
            yield nowhere(case.server)


async def real_stage(case: Case, binary: Path, origins: list[str], stack: contextlib.AsyncExitStack) -> Stage:
    real = RealServer(binary, case.options, case.keys, origins)
    await real.start()
    stack.push_async_callback(real.stop, kill=True)
    if case.server == "relayed":
        return await relayed_stage(case, real, real, stack)
    hand = Hand(real)
    stack.push_async_callback(hand.close)
    return Stage(real.url, real=real, hand=hand)


async def relayed_stage(
    case: Case, upstream: RealServer | ModelServer, real: RealServer | None, stack: contextlib.AsyncExitStack
) -> Stage:
    hand = Hand(upstream)
    stack.push_async_callback(hand.close)
    relay = Relay(upstream, case.faults)
    await relay.start()
    stack.push_async_callback(relay.stop)
    return Stage(relay.url, real=real, relay=relay, hand=hand)


def nowhere(kind: str) -> Stage:
    """Returns a URL that refuses connections (dead), never answers (silent), or does not accept connections (blackhole)."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    made = Stage(f"http://127.0.0.1:{listener.getsockname()[1]}")
    # Open until the suite ends: a client may try longer than its case lasts, and must not find the server of another case there.
    held.append(listener)
    if kind == "silent":
        listener.listen(64)  # the system completes the connections, but no program accepts them
    elif kind == "blackhole":
        listener.listen(0)
        for _ in range(4):  # fills the queue, so that the system drops further connections
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            held.append(filler)
    return made
