#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Plays the cases with the adapters of one or more clients, and prints a table of cases and clients.

    python clients/conformance/run.py 'python clients/conformance/adapters/reference.py' --cases 'drop|token'
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import random
import shlex
import shutil
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import yaml

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

from suite.adapter import Adapter, Event  # noqa: E402
from suite.cases import Case, load  # noqa: E402
from suite.failure import Failure  # noqa: E402
from suite.patience import patient  # noqa: E402
from suite.play import LEAVE_SECONDS, play  # noqa: E402
from suite.table import Results, table  # noqa: E402

ROOT = FOLDER.parent.parent


@dataclass
class Client:
    """A client, by the command of its adapter and the adapter's first event."""

    command: str
    ready: Event

    @property
    def name(self) -> str:
        return str(self.ready["client"])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Plays the cases of the conformance suite with clients.")
    parser.add_argument("adapters", nargs="*", help="commands that start an adapter; by default those of adapters.yaml")
    parser.add_argument("--all", action="store_true", help="also the adapters of adapters.yaml with the mark `deep`")
    parser.add_argument("--cases", default="", help="only the cases whose name contains one of these texts, separated by |")
    parser.add_argument("--binary", type=Path, default=ROOT / "bin/live-progress", help="the real server")
    parser.add_argument("--jobs", type=int, default=1, help="number of concurrent cases, of all clients together")
    parser.add_argument("--quiet", action="store_true", help="print only the failures and the table")
    return parser.parse_args()


async def listed(plays_deep: bool, stack: contextlib.AsyncExitStack) -> tuple[list[str], list[str]]:
    """Returns the commands of adapters.yaml, and a line for each entry that needs a missing file or program.

    Programs that all cases of an entry share run until the end of the stack.
    """
    commands, lines = [], []
    for entry in yaml.safe_load((FOLDER / "adapters.yaml").read_text()):
        if entry.get("deep") and not plays_deep:
            continue
        command = entry["command"].format(python=sys.executable, root=ROOT)
        missing = [need for need in entry["needs"] if not exists(need)]
        if missing:
            lines.append(f"NOT PLAYED, because there is no {' and no '.join(missing)}: {command}")
        elif "shared" in entry:
            commands.append(f"{command} {await stack.enter_async_context(shared(entry['shared'].format(root=ROOT)))}")
        else:
            commands.append(command)
    return commands, lines


@contextlib.asynccontextmanager
async def shared(command: str) -> AsyncIterator[str]:
    """Runs a program, which ends with its input; the value is the first line that it prints."""
    pipe = asyncio.subprocess.PIPE
    # In a session of its own, Ctrl-C does not kill the program before its input ends.
    process = await asyncio.create_subprocess_exec(*shlex.split(command), stdin=pipe, stdout=pipe, start_new_session=True)
    assert process.stdin and process.stdout
    try:
        line = (await process.stdout.readline()).decode().strip()
        if not line:
            raise Failure(f"{command}: ended with exit code {await process.wait()} before it printed a line")
        yield line
    finally:
        process.stdin.close()
        await process.wait()


def exists(need: str) -> bool:
    """Returns whether a file of the repository, or a program, exists; CHROMIUM can be the path of the program `chromium`."""
    if "/" in need:
        return (ROOT / need).exists()
    return shutil.which(os.environ.get("CHROMIUM", need) if need == "chromium" else need) is not None


async def introduced(command: str) -> Client:
    """Starts and ends an adapter, to know its client."""
    try:
        adapter = await Adapter.start(command)
        try:
            await adapter.leave(patient(LEAVE_SECONDS))
        finally:
            await adapter.kill()
    except Failure as failure:
        raise Failure(f"{command}: {failure}") from None
    return Client(command, adapter.ready)


async def play_all(clients: list[Client], cases: list[Case], options: argparse.Namespace) -> Results:
    """Plays all cases with all clients in one pool, because a case mostly waits."""
    results: Results = {client.name: {} for client in clients}
    places = asyncio.Semaphore(options.jobs)

    async def one(client: Client, case: Case) -> None:
        async with places:
            begun = time.monotonic()
            missing = case.missing(client.ready)
            outcome = ("-", f"needs {missing}") if missing else await play(case, client.command, options.binary)
        results[client.name][case.name] = outcome
        if not options.quiet or outcome[0] == "failed":
            print(f"  {outcome[0]:7} {time.monotonic() - begun:5.1f} s  {client.name}: {case.name}", flush=True)
        if outcome[0] == "failed":
            print(f"      {outcome[1]}", flush=True)

    await asyncio.gather(*(one(client, case) for client, case in shuffled(clients, cases)))
    return results


def shuffled(clients: list[Client], cases: list[Case]) -> list[tuple[Client, Case]]:
    """Returns all pairs in a fixed random order, so that busy cases and clients do not run at the same time.

    The longest cases come first, so that the pool does not wait for one of them at the end.
    """
    pairs = [(client, case) for client in clients for case in cases]
    random.Random(1).shuffle(pairs)
    return sorted(pairs, key=lambda pair: -pair[1].limit)


async def main() -> int:
    options = arguments()
    # The cases drop connections on purpose.
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
    # The packages of requirements.txt install programs next to Python.
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    cases = load(FOLDER / "cases", options.cases)
    async with contextlib.AsyncExitStack() as stack:
        try:
            commands, left_out = (options.adapters, []) if options.adapters else await listed(options.all, stack)
            clients = await asyncio.gather(*(introduced(command) for command in commands))
        except Failure as failure:
            print(failure, file=sys.stderr)
            return 2
        results = await play_all(clients, cases, options)
    print("\n" + table([case.name for case in cases], results))
    print(*left_out, sep="\n", end="\n" if left_out else "")
    failed = any(outcome == "failed" for client in results.values() for outcome, _ in client.values())
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
