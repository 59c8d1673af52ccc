# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The cost of a report: the figures of the program `micro`, which measures single calls of the library."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from .results import Spread
from .tables import table
from .targets import Verdict, at_least, at_most

SPREAD = r"\s+([\d.]+) \(([\d.]+)\.\.([\d.]+)\)"
CALL = re.compile(rf"^  (\S+){SPREAD}")
THREADS = r"^  (\S+, (?:one operation|two operations))\s+"
BY_CLOCK = re.compile(rf"{THREADS}wall{SPREAD}")
BY_PROCESSOR = re.compile(rf"{THREADS}wall.*\s+own{SPREAD}")


def spreads(pattern: re.Pattern[str], text: str) -> dict[str, Spread]:
    """The values of the lines that match the pattern, by name."""
    found = [match.groups() for line in text.splitlines() if (match := pattern.match(line))]
    return {name: Spread((float(low), float(median), float(high))) for name, median, low, high in found}


def verdicts(calls: dict[str, Spread], threads: dict[str, Spread]) -> list[Verdict]:
    """Compares the costs of reporting with their targets; threads by processor time, as other programs may be running."""
    judged = [
        at_most(6, f"`{name}`: ns a call ≤ {limit}", calls.get(name), limit, 1)
        for name, limit in (("update", 150), ("advance", 5), ("noop-update", 2), ("noop-advance", 2))
    ]
    alone, watched = calls.get("update"), calls.get("update-watched-10000")
    both = Spread((watched.median / alone.median,)) if alone and watched else None
    judged.append(at_most(6, "`update` with 10,000 watchers ≤ 1.1 × with none", both, 1.1))
    scaling = threads.get("update, two operations")
    return [*judged, at_least(6, "two threads on two operations, by processor time ≥ 1.8 × one", scaling, 1.8)]


def measured(program: Path | None) -> str:
    """The output of the program; empty if there is no program."""
    if program is None or not program.exists():
        return ""
    return subprocess.run([str(program)], capture_output=True, text=True, check=True).stdout


def micro_report(text: str) -> tuple[list[str], list[Verdict]]:
    """The tables and the verdicts for the output of the program; no tables if the output is empty."""
    if not text:
        return [], verdicts({}, {})
    calls, clock, threads = (spreads(pattern, text) for pattern in (CALL, BY_CLOCK, BY_PROCESSOR))
    rows = [[f"`{name}`", spread.text(1)] for name, spread in calls.items()]
    scaling = [[name, clock[name].text(2), spread.text(2)] for name, spread in threads.items()]
    lines = table("What a call costs, in ns of processor time", ("call", "ns"), rows)
    lines += table("Two threads: how many times what one gets done", ("", "by the clock", "by processor time"), scaling)
    return lines, verdicts(calls, threads)
