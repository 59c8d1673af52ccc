#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Measures many idle watchers: memory, processor time at rest, and the latency of an update: `idle.py --binary PROGRAM`.

The program creates operations over HTTP, connects watchers to all of them from several loopback addresses, waits for a
while, and then updates one operation at a given rate. Meanwhile the server sends its pings, and the watchers answer them.
The time at rest is measured in windows, to separate windows with pings from windows without. An operation whose worker
is silent for a minute becomes stalled; the server reports this to its watchers, as any other message.

Exits with 1 if a watcher was closed, missed a revision, or had to skip a revision. Linux only.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from crowd import Crowd

BASE = "/api/v1/progress"


def path(number: int) -> str:
    return f"{BASE}/idle-{number}"


class Server:
    """The server under test, and the system's figures for it."""

    def __init__(self, binary: str) -> None:
        command = [binary, "serve", "--port", "0", "--store", "memory", "--log-level", "error"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.url = self.process.stdout.readline().decode().split()[-1]
        parts = urlsplit(self.url)
        self.address = (parts.hostname, parts.port)
        self.http = http.client.HTTPConnection(*self.address)

    def request(self, method: str, path: str, body: dict | None = None) -> dict:
        text = None if body is None else json.dumps(body)
        self.http.request(method, path, text, {"Content-Type": "application/json", "Prefer": "return=minimal"})
        answer = self.http.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {content.decode()}")
        return json.loads(content) if content else {}

    @property
    def processor_ns(self) -> int:
        # The process clock of another process, encoded as clock_getcpuclockid(3) does.
        return time.clock_gettime_ns(~self.process.pid << 3 | 2)

    @property
    def resident(self) -> int:
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024


def raise_file_limit(count: int) -> None:
    """Raises the limit for this process and for the server, which inherits it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= count:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, max(hard, count)))
    except (OSError, ValueError):
        raise SystemExit(f"{count} open files are needed, {hard} are allowed") from None


def hurry(server: Server) -> bool:
    """Gives both ends real-time priority; returns whether the system permits that."""
    try:
        for task in Path(f"/proc/{server.process.pid}/task").iterdir():
            os.sched_setscheduler(int(task.name), os.SCHED_FIFO, os.sched_param(10))
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    except PermissionError:
        return False
    return True


def rest(server: Server, crowd: Crowd, seconds: int) -> None:
    """Measures the time at rest in windows of one second."""
    quiet, busy = [], []
    for _ in range(seconds):
        pings, revisions = sum(w.pings for w in crowd.watchers), sum(w.revision for w in crowd.watchers)
        before, start = server.processor_ns, time.monotonic_ns()
        crowd.run(time.monotonic() + 1)
        used, passed = server.processor_ns - before, time.monotonic_ns() - start
        pings = sum(w.pings for w in crowd.watchers) - pings
        # A window in which operations became stalled has messages, so it is not at rest.
        if sum(w.revision for w in crowd.watchers) == revisions:
            (busy if pings else quiet).append((used, passed, pings))
    if quiet:
        share = 100 * sum(used for used, _, _ in quiet) / sum(passed for _, passed, _ in quiet)
        worst = max(100 * used / passed for used, passed, _ in quiet)
        print(f"at rest: {share:.3f} % of a processor in {len(quiet)} windows without pings (at most {worst:.3f} %)")
    if busy:
        used, pings = sum(used for used, _, _ in busy), sum(pings for _, _, pings in busy)
        print(f"pings: {pings} in {len(busy)} windows, {used / pings / 1000:.1f} µs of processor time for each with its pong")


def pace(server: Server, crowd: Crowd, updates: int, rate: int) -> None:
    """Updates one operation, and measures the time from before the request to each watcher's message."""
    followers = [w for w in crowd.watchers if w.operation == 0]
    for watcher in followers:
        watcher.times = []
    start = time.monotonic()
    for number in range(updates):
        crowd.run(start + number / rate)
        now = time.monotonic_ns()
        server.request("PATCH", path(0), {"state": f"Step {number}", "details": {"t": now}})
    crowd.wait(lambda: all(len(w.times) >= updates for w in followers), 10)
    times = sorted(t / 1e6 for w in followers for t in w.times)
    for watcher in followers:
        if len(watcher.times) != updates:
            watcher.problem = watcher.problem or f"{len(watcher.times)} of {updates} updates"
    if times:
        p99 = times[min(len(times) - 1, len(times) * 99 // 100)]
        print(
            f"{updates} updates of one operation at {rate}/s to {len(followers)} watchers: "
            f"p50 {statistics.median(times):.2f} ms, p99 {p99:.2f} ms, at most {times[-1]:.2f} ms"
        )


def lost(server: Server, crowd: Crowd, operations: int) -> list[str]:
    """The errors of all watchers; every watcher must have received its operation's newest revision."""
    newest = [server.request("GET", path(n))["revision"] for n in range(operations)]
    crowd.wait(lambda: all(w.revision >= newest[w.operation] or w.problem for w in crowd.watchers), 10)
    for watcher in crowd.watchers:
        if watcher.revision < newest[watcher.operation]:
            watcher.problem = watcher.problem or f"revision {watcher.revision} of {newest[watcher.operation]}"
    return [f"a watcher of idle-{w.operation}: {w.problem}" for w in crowd.watchers if w.problem]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, help="the program live-progress")
    parser.add_argument("--watchers", type=int, default=18_000)
    parser.add_argument("--operations", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=10, help="how long to measure at rest; 30 show the pings")
    parser.add_argument("--updates", type=int, default=500)
    parser.add_argument("--rate", type=int, default=100, help="updates in a second")
    parser.add_argument("--realtime", action="store_true", help="put both ends before all else on a loaded machine")
    options = parser.parse_args()
    raise_file_limit(options.watchers + 256)
    server, crowd = Server(options.binary), Crowd()
    try:
        for number in range(options.operations):
            server.request("POST", BASE, {"id": f"idle-{number}", "state": "Waiting"})
        before, start = server.resident, time.monotonic()
        crowd.connect(options.watchers, [path(n) for n in range(options.operations)], server.address)
        took = time.monotonic() - start
        crowd.run(time.monotonic() + 1)
        each = (server.resident - before) / options.watchers
        print(f"{options.watchers} watchers of {options.operations} operations, connected in {took:.1f} s")
        print(f"memory: {each:.0f} bytes resident for each watcher")
        if options.realtime and not hurry(server):
            print("real-time priority is not allowed here")
        rest(server, crowd, options.seconds)
        # The server has closed the connection after a minute without a request; the next request opens a new one.
        server.http.close()
        pace(server, crowd, options.updates, options.rate)
        problems = lost(server, crowd, options.operations)
        print(f"memory in the end: {(server.resident - before) / options.watchers:.0f} bytes for each watcher")
    finally:
        server.process.terminate()
        server.process.wait()
    for problem in problems[:10]:
        print("WRONG", problem)
    print(f"watchers that lost something: {len(problems)}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
