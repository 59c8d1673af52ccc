# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""`live-progress-bench`: its server sends the ordered updates, and its load client receives all of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import resource
import signal
import subprocess
import uuid
from pathlib import Path

import pytest
from harness import BASE, Server, expect, expect_equal, plain_environment, request, spawned
from rawsocket import connect_many

SMALL = ("--watchers", "20", "--seconds", "0.3")
SERVE = ("serve", "--port", "0")


@pytest.fixture
def program(binary) -> Path:
    """Returns the path of the benchmark tool, in the folder of the tool."""
    return binary.with_name("live-progress-bench")


async def load(server, watchers: int, query: str, updates: int) -> list:
    crowd = await connect_many(watchers, f"ws://127.0.0.1:{server.port}{BASE}/op")
    answer = await asyncio.to_thread(request, "GET", f"{server.url}/start?{query}")
    expect_equal(answer.status, 202, "status of the order")
    await asyncio.wait_for(asyncio.gather(*(w.until(updates + 1) for w in crowd)), 20)
    for watcher in crowd:
        watcher.transport.abort()
    return crowd


def test_produces(program):
    """live-progress-bench serve sends the ordered number of updates, each with its time, for each way of writing."""
    for path in ("direct", "channel"):
        for query, updates in (("u=200&r=0&b=1", 200), ("u=330&r=0&b=32", 330), ("u=50&r=500", 50)):
            with Server(program, "--write-path", path, serve=SERVE) as server:
                for watcher in asyncio.run(load(server, 20, query, updates)):
                    times = [m["details"]["t"] for m in watcher.objects[1:]]
                    expect_equal(len(times), updates, f"updates of {query}, {path}")
                    expect_equal(times, sorted(set(times)), f"times of {query}, {path}")


def test_paces(program):
    """live-progress-bench serve keeps the ordered rate."""
    with Server(program, serve=SERVE) as server:
        crowd = asyncio.run(load(server, 2, "u=101&r=200", 101))
        times = [m["details"]["t"] for m in crowd[0].objects[1:]]
        expect(times[-1] - times[0] > 450_000_000, "100 steps at 200 per second took much less than half a second")


def test_refuses(program):
    """live-progress-bench serve refuses an invalid order, and the response names the valid parameters."""
    with Server(program, serve=SERVE) as server:
        for query in ("", "?u=0", "?u=x", "?u=1&r=-1", "?u=1&b=-5", "?u=1&b=2000", "?u=1&r=nan"):
            answer = request("GET", f"{server.url}/start{query}")
            expect_equal(answer.status, 400, f"status of {query!r}")
            expect(b"u=UPDATES" in answer.body, f"the answer to {query!r} says {answer.body!r}")


def test_tells_usage(program):
    """live-progress-bench serve reports its use of processor time and memory, and the processor time grows."""
    with Server(program, serve=SERVE) as server:
        before, after = (request("GET", f"{server.url}/usage").json for _ in range(2))
        expect(0 < before["processorNanoseconds"] <= after["processorNanoseconds"], f"{before}, then {after}")
        resident = before["residentBytes"]
        expect(resident is None or abs(resident - server.resident_bytes()) < 16 << 20, f"{resident} bytes of memory")


def bench(program, *options: str, mark: str = "", **more) -> subprocess.CompletedProcess:
    command, variables = [str(program), *options], plain_environment(BENCH_MARK=mark)
    return subprocess.run(command, capture_output=True, text=True, timeout=50, env=variables, **more)


def expect_figures(figures: dict, watchers: int) -> None:
    """Checks only that each figure is a positive number, because the values depend on the machine."""
    expect_equal(figures["watchers"], watchers, "watchers")
    expect_equal([one["updatesPerWrite"] for one in figures["flatOut"]], [1, 32], "loads")
    expect_equal(figures["disordered"], 0, "messages out of order")
    found = [figures["messages"], figures["handshakes"]["perSecond"], figures["paced"]["percentile99Nanoseconds"]]
    found += [one[key] for one in figures["flatOut"] for key in ("deliveriesPerSecond", "processorNanoseconds")]
    expect(all(isinstance(number, int) and number > 0 for number in found), f"the figures are {figures}")


def test_measures(program):
    """live-progress-bench starts a server, measures it, and ends it."""
    mark = uuid.uuid4().hex
    for path in ("direct", "channel"):
        ended = bench(program, "--json", "--write-path", path, *SMALL, mark=mark)
        expect_equal((ended.returncode, ended.stderr), (0, ""), "status and complaints")
        expect_figures(json.loads(ended.stdout), 20)
    expect_equal(running(mark), [], "servers left behind")


def running(mark: str) -> list[str]:
    """Returns the processes with a mark in their environment, because other tests may measure at the same time."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if f"BENCH_MARK={mark}".encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(folder.name)
    return found


def test_speaks(program):
    """live-progress-bench prints its figures as text."""
    ended = bench(program, "--watchers", "3", "--seconds", "0.1")
    expect_equal(ended.returncode, 0, f"status; {ended.stderr}")
    for pattern in (r"watchers +3\n", r"handshakes .*/s", r"one a write .*/s", r"32 a write .*/s", r"none lost, 0 out of"):
        expect(re.search(pattern, ended.stdout), f"{pattern!r} is not in {ended.stdout!r}")


def test_loads_another(program):
    """live-progress-bench can measure a running server."""
    with Server(program, serve=SERVE) as server:
        for _ in range(2):
            ended = bench(program, "--json", "--url", server.url, *SMALL)
            expect_equal(ended.returncode, 0, f"status; {ended.stderr}")
            expect_figures(json.loads(ended.stdout), 20)


def test_complains(program, server):
    """live-progress-bench reports an error, its cause and the solution."""

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))

    refused = [
        (("--watchers", "0"), {}, 64, "--watchers must be from 1 to 20000"),
        (("--seconds", "nan"), {}, 64, "--seconds must be from 0.1 to 600"),
        (("--watchers", "1000"), {"preexec_fn": limited}, 69, "need 1064 open files, and this system allows 256"),
        (("--url", "http://127.0.0.1:1"), {}, 69, "http://127.0.0.1:1 cannot be reached"),
        (("--url", server.url), {}, 69, "is no server of live-progress-bench serve"),
        (("--url", "ftp://x"), {}, 64, "ftp"),
    ]
    for options, more, status, words in refused:
        ended = bench(program, *options, **more)
        expect_equal(ended.returncode, status, f"status of {options}; {ended.stderr!r}")
        expect(words in ended.stderr, f"{words!r} is not in {ended.stderr!r}")


def test_raises_limit(program):
    """live-progress-bench raises the soft limit of open files."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))

    ended = bench(program, "--json", "--watchers", "300", "--seconds", "0.1", preexec_fn=limited)
    expect_equal(ended.returncode, 0, f"status; {ended.stderr}")
    expect_figures(json.loads(ended.stdout), 300)


def test_ends_together(program):
    """The server of live-progress-bench ends after the tool, even if the tool is killed."""
    command = [program, "serve", "--port", "0", "--until-unread"]
    with spawned(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=plain_environment()) as server:
        expect(server.stdout.readline().startswith(b"listening on "), "the server does not listen")
        server.stdout.close()
        server.wait(20)
        expect(server.returncode in (0, -signal.SIGTERM), f"the server exited with {server.returncode}")
