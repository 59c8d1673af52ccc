# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The server for load tests gives its watchers what it is asked for, and the tool's own load loses none of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import resource
import signal
import subprocess
from pathlib import Path

from harness import BASE, Server, case, expect, expect_equal, plain_environment, request, spawned
from rawsocket import connect_many

SMALL = ("--watchers", "20", "--seconds", "0.3")
SERVE = ("bench", "serve", "--port", "0")


async def load(server, watchers: int, query: str, updates: int) -> list:
    crowd = await connect_many(watchers, f"ws://127.0.0.1:{server.port}{BASE}/op")
    answer = await asyncio.to_thread(request, "GET", f"{server.url}/start?{query}")
    expect_equal(answer.status, 202, "status of the order")
    await asyncio.wait_for(asyncio.gather(*(w.until(updates + 1) for w in crowd)), 20)
    for watcher in crowd:
        watcher.transport.abort()
    return crowd


@case("bench serve makes the updates asked for, each with its time, whichever way they are written")
def produces(environment):
    for path in ("direct", "channel"):
        for query, updates in (("u=200&r=0&b=1", 200), ("u=330&r=0&b=32", 330), ("u=50&r=500", 50)):
            with Server(environment.binary, "--write-path", path, serve=SERVE) as server:
                for watcher in asyncio.run(load(server, 20, query, updates)):
                    times = [m["details"]["t"] for m in watcher.objects[1:]]
                    expect_equal(len(times), updates, f"updates of {query}, {path}")
                    expect_equal(times, sorted(set(times)), f"times of {query}, {path}")


@case("bench serve keeps to the rate asked for")
def paces(environment):
    with Server(environment.binary, serve=SERVE) as server:
        crowd = asyncio.run(load(server, 2, "u=101&r=200", 101))
        times = [m["details"]["t"] for m in crowd[0].objects[1:]]
        expect(times[-1] - times[0] > 450_000_000, "a hundred steps at 200 a second took far less than half a second")


@case("bench serve says what it takes where an order makes no sense")
def refuses(environment):
    with Server(environment.binary, serve=SERVE) as server:
        for query in ("", "?u=0", "?u=x", "?u=1&r=-1", "?u=1&b=-5", "?u=1&b=2000", "?u=1&r=nan"):
            answer = request("GET", f"{server.url}/start{query}")
            expect_equal(answer.status, 400, f"status of {query!r}")
            expect(b"u=UPDATES" in answer.body, f"the answer to {query!r} says {answer.body!r}")


@case("bench serve says what it has taken of the machine, and that grows")
def tells_usage(environment):
    with Server(environment.binary, serve=SERVE) as server:
        before, after = (request("GET", f"{server.url}/usage").json for _ in range(2))
        expect(0 < before["processorNanoseconds"] <= after["processorNanoseconds"], f"{before}, then {after}")
        resident = before["residentBytes"]
        expect(resident is None or abs(resident - server.resident_bytes()) < 16 << 20, f"{resident} bytes of memory")


def bench(environment, *options: str, **more) -> subprocess.CompletedProcess:
    command = [str(environment.binary), "bench", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=50, env=plain_environment(), **more)


def expect_figures(figures: dict, watchers: int) -> None:
    """No figure is asserted but that it is one: times tell about the machine."""
    expect_equal(figures["watchers"], watchers, "watchers")
    expect_equal([one["updatesPerWrite"] for one in figures["flatOut"]], [1, 32], "loads")
    expect_equal(figures["disordered"], 0, "messages out of order")
    found = [figures["messages"], figures["handshakes"]["perSecond"], figures["paced"]["percentile99Nanoseconds"]]
    found += [one[key] for one in figures["flatOut"] for key in ("deliveriesPerSecond", "processorNanoseconds")]
    expect(all(isinstance(number, int) and number > 0 for number in found), f"the figures are {figures}")


@case("bench measures this machine with a server of its own, and leaves none behind")
def measures(environment):
    for path in ("direct", "channel"):
        ended = bench(environment, "--json", "--write-path", path, *SMALL)
        expect_equal((ended.returncode, ended.stderr), (0, ""), "status and complaints")
        expect_figures(json.loads(ended.stdout), 20)
    expect_equal(running(environment.binary), [], "servers left behind")


def running(binary: Path) -> list[str]:
    """The processes of a program that measurements have started, where the system tells."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes().split(b"\0")
            if b"--until-unread" in command and os.readlink(folder / "exe") == str(binary):
                found.append(folder.name)
    return found


@case("bench says its figures in lines for people")
def speaks(environment):
    ended = bench(environment, "--watchers", "3", "--seconds", "0.1")
    expect_equal(ended.returncode, 0, f"status; {ended.stderr}")
    for pattern in (r"watchers +3\n", r"handshakes .*/s", r"one a write .*/s", r"32 a write .*/s", r"none lost, 0 out of"):
        expect(re.search(pattern, ended.stdout), f"{pattern!r} is not in {ended.stdout!r}")


@case("bench loads a server that runs already")
def loads_another(environment):
    with Server(environment.binary, serve=SERVE) as server:
        for _ in range(2):
            ended = bench(environment, "--json", "--url", server.url, *SMALL)
            expect_equal(ended.returncode, 0, f"status; {ended.stderr}")
            expect_figures(json.loads(ended.stdout), 20)


@case("bench says what is wrong, and what to do about it")
def complains(environment):
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))

    refused = [
        (("--watchers", "0"), {}, 64, "--watchers must be from 1 to 20000"),
        (("--seconds", "nan"), {}, 64, "--seconds must be from 0.1 to 600"),
        (("--watchers", "1000"), {"preexec_fn": limited}, 69, "need 1064 open files, and this system allows 256"),
        (("--url", "http://127.0.0.1:1"), {}, 69, "http://127.0.0.1:1 cannot be reached"),
        (("--url", environment.server.url), {}, 69, "is no server of live-progress bench serve"),
        (("--url", "ftp://x"), {}, 64, "ftp"),
    ]
    for options, more, status, words in refused:
        ended = bench(environment, *options, **more)
        expect_equal(ended.returncode, status, f"status of {options}; {ended.stderr!r}")
        expect(words in ended.stderr, f"{words!r} is not in {ended.stderr!r}")


@case("bench raises the limit of open files that is only a soft one")
def raises_limit(environment):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))

    ended = bench(environment, "--json", "--watchers", "300", "--seconds", "0.1", preexec_fn=limited)
    expect_equal(ended.returncode, 0, f"status; {ended.stderr}")
    expect_figures(json.loads(ended.stdout), 300)


@case("the server of bench ends with it, even when it is killed")
def ends_together(environment):
    command = [environment.binary, "bench", "serve", "--port", "0", "--until-unread"]
    with spawned(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=plain_environment()) as server:
        expect(server.stdout.readline().startswith(b"listening on "), "the server does not listen")
        server.stdout.close()
        server.wait(20)
        expect(server.returncode in (0, -signal.SIGTERM), f"the server left with {server.returncode}")
