#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Follows the benchmark with many watchers, one of which never reads and one of which vanishes: `watchers.py PROGRAM`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Tests" / "EndToEnd"))

from harness import raise_file_limit  # noqa: E402
from rawsocket import BlockingSocket, connect_many  # noqa: E402

FULL = "live-progress.v1"


async def follow(program: subprocess.Popen, url: str, count: int, updates: int) -> int:
    """Returns the number of watchers that lost a message or missed the end."""
    watchers = await connect_many(count - 2, url, FULL)
    stalled = BlockingSocket(url, FULL, receive_buffer=4096)
    vanished = BlockingSocket(url, FULL)
    vanished.next()
    vanished.vanish()
    program.stdin.write(b"go\n")
    program.stdin.flush()
    await asyncio.gather(*(w.finished for w in watchers))
    stalled.socket.close()
    whole = updates + 2
    received = [sum(1 + m.get("skipped", 0) for m in w.objects) for w in watchers]
    skipped = sum(len(w.messages) < whole for w in watchers)
    print(f"watchers: {count}; connected to the end {len(watchers)}, of which {skipped} had to skip")
    return sum(r != whole for r in received) + sum(w.close_code != 1000 for w in watchers)


@contextlib.contextmanager
def worker_apart(command: list[str]):
    """Starts the benchmark, and puts its worker's thread alone on one processor if there are two or more.

    The system charges a thread for the interrupts on its processor. On the processor where the watchers' packets arrive,
    the delayed acknowledgements of a thousand watchers sometimes take a millisecond, which is not the worker's own time.
    """
    processors = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_setaffinity") else []
    if len(processors) > 1:
        os.sched_setaffinity(0, processors[1:])
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
        line = program.stdout.readline()
        if len(processors) > 1:
            # This moves only the first thread: the event loops exist already, and stay on their processors.
            os.sched_setaffinity(program.pid, processors[:1])
        yield program, line.decode().split()[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("--watchers", type=int, default=1000)
    parser.add_argument("--updates", type=int, default=400)
    parser.add_argument("--pause", type=int, default=50_000, help="microseconds between two updates")
    options = parser.parse_args()
    raise_file_limit()
    command = [options.program, str(options.updates), str(options.pause)]
    with worker_apart(command) as (program, server):
        url = f"{server}/api/v1/progress/bench"
        wrong = asyncio.run(follow(program, url, options.watchers, options.updates))
        program.stdin.close()
        print(program.stdout.read().decode(), end="")
    print(f"watchers that lost something or missed the end: {wrong}")
    print("update never took 1 ms of its thread's own time" if program.returncode == 0 else "update took 1 ms or more")
    return 1 if wrong or program.returncode not in (0, 1) else 0


if __name__ == "__main__":
    sys.exit(main())
