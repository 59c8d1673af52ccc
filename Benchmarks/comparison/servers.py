# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The compared servers, and how the other projects' servers are built."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parent.parent
BUILT = BENCHMARKS / ".build" / "peers"
FULL = "live-progress.v1"

SEND, SEND_FULL, SEED, NIO = "C send", "C send, full", "seed design (Go)", "SwiftNIO alone"
DIRECT, CHANNEL = "direct", "channel"


@dataclass(frozen=True)
class Server:
    """A program that listens on the port PORT of its command, and its properties."""

    name: str
    command: tuple[str, ...]
    reference: str = SEND  # the base of its ratios: a server with messages of the same length
    protocol: str = ""
    greetings: int = 0  # messages to a watcher before the first update
    batches: bool = True  # whether it puts more than one update into a write
    weight: float = 1  # the part of a load's deliveries that it gets, because it is slow
    is_ours: bool = False


class Missing(Exception):
    """A peer is not available on this machine; the message says why."""


def is_fresh(program: Path, sources: Path) -> bool:
    """Whether a program is newer than every file in the folder of its sources."""
    return program.exists() and all(program.stat().st_mtime > source.stat().st_mtime for source in sources.iterdir())


def complaint(output: str) -> str:
    """The most useful line of a compiler's output."""
    lines = output.strip().splitlines()
    return next(
        (line for line in lines if "error" in line or "cannot" in line), lines[-1] if lines else "no reason given"
    )


def built(name: str, source: Path, command: list[str], **environment: str) -> str:
    """Builds a program unless it is up to date, with OUT in the command replaced by its path; returns the path."""
    program = BUILT / name
    if not is_fresh(program, source.parent):
        BUILT.mkdir(parents=True, exist_ok=True)
        command = [str(program) if part == "OUT" else part for part in command]
        if shutil.which(command[0]) is None:
            raise Missing(f"{command[0]} is missing")
        variables = {**os.environ, **environment}
        done = subprocess.run(command, capture_output=True, text=True, cwd=source.parent, env=variables)
        if done.returncode:
            raise Missing(f"does not build: {complaint(done.stderr or done.stdout)}")
    return str(program)


def compiled(name: str, *options: str, source: str | None = None) -> str:
    path = BENCHMARKS / "Load" / f"{source or name}.c"
    return built(name, path, ["cc", "-O2", "-o", "OUT", str(path), *options])


def load_client() -> str:
    return compiled("loadgen")


def references() -> list[Server]:
    """The limit: a send loop in C, with messages as long as those of either format."""
    program = compiled("reference")
    return [
        Server(SEND, (program, "PORT", "send")),
        Server(SEND_FULL, (program, "PORT", "send", "full"), reference=SEND_FULL),
    ]


def ours(binary: str) -> list[Server]:
    serve = (binary, "serve", "--port", "PORT", "--write-path")
    plain = [Server(path, (*serve, path), greetings=1, is_ours=True) for path in (DIRECT, CHANNEL)]
    return plain + [replace(one, name=f"{one.name}, full", reference=SEND_FULL, protocol=FULL) for one in plain]


def uring() -> list[Server]:
    program = compiled("reference-uring", "-DURING", "-luring", source="reference")
    return [Server("C io_uring", (program, "PORT", "uring"))]


def nio() -> list[Server]:
    """SwiftNIO alone: the framework below the real server, built together with the other Swift programs."""
    program = BENCHMARKS.parent / "bin" / "nio-alone"
    if not program.exists():
        raise Missing("it is not built (scripts/bench.sh builds it)")
    return [Server(NIO, (str(program), "PORT"), batches=False)]


def seed() -> list[Server]:
    source = BENCHMARKS / "Peers" / "seed" / "main.go"
    environment = {"GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOCACHE": str(BUILT / "go-cache")}
    program = built("seed", source, ["go", "build", "-o", "OUT", str(source)], **environment)
    return [Server(SEED, (program, "PORT"), batches=False, weight=0.5)]


def python(package: str, weight: float) -> list[Server]:
    """A peer in Python; runs with this Python, if it has the package."""
    if subprocess.run([sys.executable, "-c", f"import {package}"], capture_output=True).returncode:
        raise Missing(f"the package {package} is missing")
    script = BENCHMARKS / "Peers" / f"{package}_server.py"
    return [Server(f"{package} (Python)", (sys.executable, str(script), "PORT"), batches=False, weight=weight)]


def peers(notes: list[str]) -> Iterator[Server]:
    """Every available peer; adds a note for each missing one."""
    makers = {
        "C io_uring": uring,
        NIO: nio,
        SEED: seed,
        "picows (Python)": lambda: python("picows", 0.5),
        "websockets (Python)": lambda: python("websockets", 0.25),
    }
    for name, make in makers.items():
        try:
            yield from make()
        except Missing as reason:
            notes.append(f"{name} is left out: {reason}")
