#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Measures the fan-out of the real server against the plain limit, a send loop in C: `fanout.py --binary PROGRAM`.

Each round starts every server in turn, on one processor, loads it from the other, and takes the processor time that
the server needed for each delivered frame. What counts is the ratio to the C loop of the same round, whose median and
range are printed: absolute times tell about the machine. Exits 1 if a frame was lost, out of order or malformed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Case:
    """A load: watchers, updates in each write, updates in a second (0: flat out), deliveries in all."""

    watchers: int
    batch: int = 1
    rate: int = 0
    frames: int = 400_000

    @property
    def updates(self) -> int:
        return max(self.batch * 4, self.frames // self.watchers // self.batch * self.batch)

    @property
    def name(self) -> str:
        pace = f"{self.rate}/s" if self.rate else f"b={self.batch}"
        return f"{self.watchers} watchers, {pace}"


def pinned(processor: int, command: list[str]) -> list[str]:
    """The command on one processor, where the system can do that."""
    if hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > 1:
        return ["taskset", "-c", str(sorted(os.sched_getaffinity(0))[processor]), *command]
    return command


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serving(command: list[str]):
    """Runs a server, `PORT` in its command replaced, and gives its port and process; ends it by its own id."""
    port = free_port()
    command = [part.replace("PORT", str(port)) for part in command]
    server = subprocess.Popen(pinned(0, command), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{command[0]} does not listen")
                time.sleep(0.02)  # a server of another language has no other way to say that it listens
        yield port, server.pid
    finally:
        server.terminate()
        server.wait()


def load(client: Path, port: int, pid: int, case: Case) -> dict:
    arguments = {"port": port, "pid": pid, "n": case.watchers, "u": case.updates, "r": case.rate, "b": case.batch}
    command = [str(client)] + [part for name, value in arguments.items() for part in (f"-{name}", str(value))]
    ended = subprocess.run(pinned(1, command), capture_output=True, text=True)
    if not ended.stdout:
        raise SystemExit(f"the load client failed: {ended.stderr}")
    return json.loads(ended.stdout)


def wrongs(result: dict) -> list[str]:
    """What a result shows that may never be."""
    found = [f"{result[key]} {key}" for key in ("failed", "closed_early", "bad", "order_bad") if result[key]]
    if result["frames"] != result["expected"]:
        found.append(f"{result['frames']} of {result['expected']} frames")
    return found


def spread(values: list[float], digits: int = 2) -> str:
    return f"{statistics.median(values):.{digits}f} ({min(values):.{digits}f}..{max(values):.{digits}f})"


def machine() -> str:
    model = platform.machine()
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    return f"{model}, {os.cpu_count()} processors, {platform.system()} {platform.release()}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", required=True, help="the program live-progress")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=400_000, help="frames to deliver in each run at b=1")
    parser.add_argument("--watchers", type=int, nargs="*", default=[100, 1000, 10_000])
    options = parser.parse_args()

    cases = [Case(n, frames=options.frames) for n in options.watchers]
    cases += [Case(n, batch=32, frames=options.frames * 8) for n in options.watchers if n <= 1000]
    cases += [Case(100, rate=1000, frames=options.frames), Case(1000, rate=100, frames=options.frames)]
    with tempfile.TemporaryDirectory() as directory:
        client, reference = Path(directory) / "loadgen", Path(directory) / "reference"
        for program in (client, reference):
            source = HERE / "Load" / f"{program.name}.c"
            subprocess.run(["cc", "-O2", "-o", str(program), str(source)], check=True)
        ours = [options.binary, "bench", "serve", "--port", "PORT"]
        servers = {
            "C send": [str(reference), "PORT", "send"],
            "direct": [*ours, "--write-path", "direct"],
            "channel": [*ours, "--write-path", "channel"],
        }
        results: dict[tuple[str, Case], list[dict]] = {}
        problems = []
        for number in range(options.rounds):
            for case in cases:
                for name, command in servers.items():
                    with serving(command) as (port, pid):
                        result = load(client, port, pid, case)
                    results.setdefault((name, case), []).append(result)
                    problems += [f"{name}, {case.name}, round {number + 1}: {wrong}" for wrong in wrongs(result)]
    report(cases, list(servers), results, options.rounds)
    for problem in problems:
        print("WRONG", problem)
    return 1 if problems else 0


def report(cases: list[Case], servers: list[str], results: dict, rounds: int) -> None:
    print(f"{machine()}; {rounds} interleaved rounds; medians (lowest..highest)\n")
    print("| load | server | CPU ns a frame | ratio to C | frames/s | p50 µs | p99 µs | handshakes/s |")
    print("|---|---|---|---|---|---|---|---|")
    for case in cases:
        base = [r["srv_cpu_ns"] for r in results["C send", case]]
        for name in servers:
            rows = results[name, case]
            own = [r["srv_cpu_ns"] for r in rows]
            ratio = spread([a / b for a, b in zip(own, base)])
            cells = [spread([r[key] for r in rows], 0) for key in ("frames_per_s", "p50_us", "p99_us", "connect_per_s")]
            print(f"| {case.name} | {name} | {spread(own, 0)} | {ratio} | {' | '.join(cells)} |")


if __name__ == "__main__":
    sys.exit(main())
