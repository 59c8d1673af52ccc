# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Runs the loads against the servers in turn, in several rounds."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from .loads import Load
from .machine import going_first, pinned
from .servers import Server


@dataclass(frozen=True)
class Setting:
    """The common conditions of all runs: the machine, and notes."""

    machine: str
    notes: list[str]

    @property
    def line(self) -> str:
        return json.dumps(asdict(self))


@dataclass(frozen=True)
class Run:
    """The load client's result for one server under one load, in one round."""

    number: int
    load: Load
    server: str
    result: dict

    @classmethod
    def parse(cls, line: str) -> Run:
        members = json.loads(line)
        return cls(**{**members, "load": Load(**members["load"])})

    @property
    def line(self) -> str:
        return json.dumps(asdict(self))


class Failed(Exception):
    """A run failed; the message says why."""


def free_port() -> int:
    """A free port below the usual range of client ports, because a client could take a port of that range."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_until_listening(server: Server, port: int, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + 20
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.02)  # the peers have no common way to report that they listen
    raise Failed(f"{server.name} does not listen")


@contextlib.contextmanager
def serving(server: Server, goes_first: bool) -> Iterator[tuple[int, int]]:
    """Runs a server on the first processor, yields its port and process id, and ends that process."""
    port = free_port()
    command = pinned(0, [part.replace("PORT", str(port)) for part in server.command])
    command = going_first(command) if goes_first else command
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_listening(server, port, process)
        yield port, process.pid
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def measure(client: str, server: Server, load: Load, goes_first: bool) -> dict:
    """Runs the load client once, on the second processor."""
    load = load.part(server.weight)
    with serving(server, goes_first) as (port, pid):
        if load.is_silent:
            create_operations(port, load.operations)
        arguments = {
            "port": port, "pid": pid, "n": load.watchers, "u": load.updates, "r": load.rate, "b": load.batch,
            "stall": load.stalled, "stall-rcvbuf": 4096, "vanish": load.vanished, "linger": load.linger,
            "portion": load.portion, "quiet": 15_000, "aside": load.aside, "operations": load.operations,
            "initial": server.greetings, "settle": 300 if load.is_crowd else 30, "protocol": server.protocol,
        }  # fmt: skip
        command = [client] + [part for name, value in arguments.items() for part in (f"-{name}", str(value))]
        command = going_first(pinned(1, command)) if goes_first else pinned(1, command)
        ended = subprocess.run(command, capture_output=True, text=True)
    if not ended.stdout:
        raise Failed(f"the load client failed against {server.name}: {ended.stderr.strip()}")
    return json.loads(ended.stdout)


def create_operations(port: int, count: int) -> None:
    """Creates the operations that the `aside` watchers follow."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for index in range(count):
        connection.request("PUT", f"/api/v1/progress/aside-{index}", b"{}", {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 201:
            raise Failed(f"an operation could not be created: {answer.status}")
    connection.close()


def bears(server: Server, load: Load) -> bool:
    """Whether the server supports the load: peers have one operation, and none survives a watcher that stalls."""
    return (load.batch == 1 or server.batches) and (server.is_ours or not load.needs_ours)


def attempt(client: str, server: Server, load: Load, goes_first: bool) -> dict | None:
    """One run; `None` if a peer fails. A failure of this project's server ends the program."""
    try:
        return measure(client, server, load, goes_first)
    except Failed as failure:
        if server.is_ours:
            raise SystemExit(str(failure)) from None
        print(f"left out: {failure}", file=sys.stderr)
        return None


def rounds(client: str, servers: list[Server], loads: list[Load], count: int, first_loads: str) -> Iterator[Run]:
    """Runs every server under every load, that many times; each round begins with another server.

    `first_loads` says which loads run with priority over all other programs: `none`, `paced` for loads where latency
    counts, or `all`, which takes both processors from all other programs for the whole time.
    """
    for number in range(1, count + 1):
        first = (number - 1) % len(servers)
        for load in loads:
            print(f"round {number} of {count}: {load.name}", file=sys.stderr)
            goes_first = first_loads == "all" or (first_loads == "paced" and load.is_paced)
            for server in servers[first:] + servers[:first]:
                if bears(server, load) and (result := attempt(client, server, load, goes_first)) is not None:
                    yield Run(number, load, server.name, result)


def wrongs(run: Run) -> list[str]:
    """The errors of a run."""
    result = run.result
    found = [f"{result[key]} {key}" for key in ("failed", "closed_early", "bad", "order_bad") if result[key]]
    if result["frames"] != result["expected"]:
        found.append(f"{result['frames']} of {result['expected']} frames")
    return [f"{run.server}, {run.load.name}, round {run.number}: {what}" for what in found]
