# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The machine, and the limits and priorities that it permits."""

from __future__ import annotations

import contextlib
import os
import platform
import resource
import shutil
import subprocess
from pathlib import Path


def description() -> str:
    """The machine in one line, which every figure depends on."""
    model = platform.machine()
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    kernel = platform.release().partition("-")[0]
    return f"{model}, {os.cpu_count()} processors, {platform.system()} {kernel}"


def raise_file_limit() -> int:
    """Raises the limit of open files as far as possible, and returns it; servers and clients inherit the limit."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(65_536, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted


def pinned(processor: int, command: list[str]) -> list[str]:
    """The command restricted to one processor, if the system supports that."""
    if hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) > 1:
        return ["taskset", "-c", str(sorted(os.sched_getaffinity(0))[processor]), *command]
    return command


def can_go_first() -> bool:
    """Whether programs may run with priority over all others, so that other programs do not affect the latencies."""
    if shutil.which("chrt") is None:
        return False
    return subprocess.run(["chrt", "-r", "1", "true"], capture_output=True).returncode == 0


def going_first(command: list[str]) -> list[str]:
    """The command with priority over all other programs."""
    return ["chrt", "-r", "1", *command]
