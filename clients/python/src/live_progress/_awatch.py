# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Watching an operation in an asynchronous loop."""

from __future__ import annotations

import asyncio
import inspect
from typing import Any, AsyncGenerator, Awaitable, Callable, Coroutine, Optional, Tuple, TypeVar, Union

from ._http import security
from ._settings import Target, settings
from ._snapshot import Snapshot
from ._watch import address, authentication, taken
from ._watching import CONNECTING, Watching, WatchLost

Result = TypeVar("Result")
AsyncToken = Union[str, Callable[[], Union[Optional[str], Awaitable[Optional[str]]]], None]


async def awatch(url: str, *, token: AsyncToken = None, cursor: Optional[str] = None) -> AsyncGenerator[Snapshot, None]:
    """Yields the snapshots of an operation like ``watch``; the token function can be asynchronous.

    ```python
    async for snapshot in awatch(url):
        print(snapshot.status, snapshot.fraction)
    ```
    """
    target = Target.of_url(url)
    machine = Watching(target, cursor)
    while not machine.is_over:
        try:
            protocol = machine.connection(await _asked(token, target))
            reader, writer = await _streams(target.url)
            try:
                writer.write(taken(protocol))
                while not machine.is_over:
                    timeout = machine.silence if protocol.is_open else CONNECTING
                    for event in protocol.received(await within(timeout, reader.read(65536))):
                        snapshot = machine.received(event)
                        if snapshot is not None:
                            yield snapshot
                        if machine.is_over:
                            protocol.close()
                            break
                    if machine.wants_token and callable(token):
                        machine.wants_token = False
                        protocol.send(authentication(await _asked(token, target)))
                    writer.write(taken(protocol))
            finally:
                writer.close()
        except (OSError, asyncio.TimeoutError, WatchLost) as error:
            if not machine.is_over:
                lost = error if isinstance(error, WatchLost) else WatchLost(str(error) or "The server is silent.")
                await asyncio.sleep(machine.lost(lost))


async def _asked(token: AsyncToken, target: Target) -> Optional[str]:
    value = token() if callable(token) else token
    if inspect.isawaitable(value):
        value = await value
    return value or target.token or settings().token


async def _streams(url: str) -> Tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port, is_encrypted = address(url)
    return await within(CONNECTING, asyncio.open_connection(host, port, ssl=security() if is_encrypted else None))


async def within(seconds: Optional[float], work: Coroutine[Any, Any, Result]) -> Result:
    """Does what ``asyncio.wait_for`` does, and never drops a cancellation.

    Before Python 3.12, ``wait_for`` drops a cancellation that arrives at the same time as the result.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        task.cancel()  # has no effect after the result
    if not task.done():
        raise asyncio.TimeoutError
    return task.result()
