#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""What `live-progress run` costs a command that writes 100 MB of lines: processor time and time, beside a copy through a pipe.

    Benchmarks/run.py [--rounds 7] [--binary bin/live-progress]

Each round measures, one after the other: the command that writes to a file of the system (/dev/null); the same through `cat`, which
copies every byte as `run` must; and the same under `run`, with a server that is there, with one that refuses connections, and with
one that accepts them and never responds. Then the same for a command that makes its lines itself, a program in Python, which writes
8 KiB at once. The figures are medians; the output's hash must be the same.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SIZE = 100_000_000


def lines(path: Path) -> None:
    """Writes a file of build output."""
    block = "".join(
        f"[{n % 900 + 1}/1000] Compiling module_{n} part {n}.swift with -O -whole-module, 12% of memory\n" for n in range(2000)
    ).encode()
    with path.open("wb") as file:
        written = 0
        while written < SIZE:
            written += file.write(block)


def measured(command: list[str], target: int, environment: dict) -> tuple[float, float]:
    """Returns the time and the processor time in seconds, of the command and all its children."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(command, stdout=target, stderr=subprocess.DEVNULL, env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - start, used


def digest(command: list[str], environment: dict) -> str:
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as process:
        hashed = hashlib.sha256()
        while chunk := process.stdout.read(1 << 20):
            hashed.update(chunk)
    return hashed.hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--binary", default=str(ROOT / "bin/live-progress"))
    options = parser.parse_args()
    silent = socket.create_server(("127.0.0.1", 0))
    closed = socket.create_server(("127.0.0.1", 0))
    closed_port = closed.getsockname()[1]
    closed.close()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "output"
        lines(data)
        server = subprocess.Popen(
            [options.binary, "serve", "--port", "0", "--store", "memory"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        url = server.stdout.readline().decode().split()[-1]
        cat = ["cat", str(data)]
        run = [options.binary, "run", "--quiet", "--server"]
        kinds = {
            "alone": cat,
            "through cat": ["sh", "-c", f"cat '{data}' | cat"],
            "under run": [*run, url, "--", *cat],
            "run, refused": [*run, f"http://127.0.0.1:{closed_port}", "--", *cat],
            "run, silent server": [*run, f"http://127.0.0.1:{silent.getsockname()[1]}", "--", *cat],
        }
        try:
            environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
            report(kinds, options.rounds, environment)
            made = program(Path(folder))
            kinds = {
                "Python alone": made,
                "through cat": ["sh", "-c", f"'{made[0]}' '{made[1]}' | cat"],
                "under run": [*run, url, "--", *made],
            }
            report(kinds, options.rounds, environment)
        finally:
            server.terminate()
            server.wait()


def program(folder: Path) -> list[str]:
    """Returns the command of a program that makes about 100 MB of lines."""
    path = folder / "program.py"
    path.write_text(
        "for n in range(1_250_000):\n"
        "    print(f'[{n % 900 + 1}/1000] Compiling module_{n} part {n}.swift with -O -whole-module, 12% of memory')\n"
    )
    return [sys.executable, str(path)]


def report(kinds: dict, rounds: int, environment: dict) -> None:
    hashes = {name: digest(command, environment) for name, command in kinds.items()}
    if len(set(hashes.values())) != 1:
        sys.exit(f"the outputs differ: {hashes}")
    figures: dict = {name: [] for name in kinds}
    with open(os.devnull, "wb") as nowhere:
        for _ in range(rounds):
            for name, command in kinds.items():
                figures[name].append(measured(command, nowhere.fileno(), environment))
    print(f"\n{'':20}  {'time':>8}  {'processor':>9}  added")
    alone = statistics.median(used for _, used in next(iter(figures.values())))
    for name, rows in figures.items():
        seconds, used = (statistics.median(column) for column in zip(*rows))
        print(f"{name:20}  {seconds:6.3f} s  {used:7.3f} s  {used - alone:7.3f} s ({100 * (used / alone - 1):.1f} %)")


if __name__ == "__main__":
    main()
