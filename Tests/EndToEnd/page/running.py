# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The cases' register, and a real server for as long as it is needed."""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Callable


@dataclass
class Case:
    promise: str
    function: Callable
    needs_server: bool


def register(cases, needs_server=False):
    """A decorator that adds a test to a module's cases under the sentence that it promises."""

    def promise(sentence):
        def add(function):
            cases.append(Case(sentence, function, needs_server))
            return function

        return add

    return promise


@contextlib.asynccontextmanager
async def running(binary):
    """Starts the server on a free port and gives its address."""
    process = await asyncio.create_subprocess_exec(
        binary, "serve", "--host", "127.0.0.1", "--port", "0", "--store", "memory", stdout=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(30):
            line = (await process.stdout.readline()).decode().strip()
        if not line.startswith("listening on http://"):
            raise SystemExit(f"{binary} serve said {line!r} instead of where it listens.")
        yield line.removeprefix("listening on ")
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
