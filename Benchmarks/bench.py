#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Compares the real server with its limit, a send loop in C, and with peers: `bench.py --binary PROGRAM`.

Each round runs every load against every server in turn, with the server on one processor and the load client on another.
The figures are ratios to the C loop in the same round, printed as median and range; absolute times depend on the machine.
Exits with 1 if a frame of this server was lost, out of order or malformed, but never because of a time.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from comparison import machine, report, tables, targets
from comparison.loads import all_loads
from comparison.micro import measured, micro_report
from comparison.results import Results
from comparison.running import Run, Setting, rounds, wrongs
from comparison.servers import SEED, SEND, SEND_FULL, load_client, ours, peers, references

FIRST = {
    "none": "Server and client ran among all other programs of the machine.",
    "paced": "Under paced loads, server and client went before all other programs of the machine.",
    "all": "Server and client went before all other programs of the machine.",
}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default="bin/live-progress-bench", help="the program live-progress-bench")
    parser.add_argument("--rounds", type=int, help="how often everything is run: 5, or 2 with --quick")
    parser.add_argument("--frames", type=int, help="frames in each run at b=1: 200,000, or 40,000 with --quick")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds, and fewer peers")
    parser.add_argument(
        "--first", choices=("none", "paced", "all"), default="paced", help="loads that go before all programs"
    )
    parser.add_argument("--only", nargs="*", default=[], metavar="TEXT", help="only loads and servers named so")
    parser.add_argument("--micro", type=Path, help="the program that measures what a report costs")
    parser.add_argument("--results", type=Path, help="a file to append every run and figure to")
    parser.add_argument("--again", type=Path, help="report the runs of such a file in place of running")
    parser.add_argument("--markdown", type=Path, help="a file for the report")
    parser.add_argument("--update", type=Path, help="a document whose figures the report replaces")
    return parser.parse_args()


def chosen(names: list[str], wanted: list[str]) -> list[bool]:
    """Whether each name contains one of the wanted texts; all names are chosen if none contains one."""
    fits = [any(text in name for text in wanted) for name in names]
    return fits if any(fits) else [True] * len(names)


def run_all(options: argparse.Namespace) -> tuple[Setting, list[Run], str]:
    """Builds what is missing and runs everything; returns the setting, the runs, and the costs of single calls."""
    notes: list[str] = []
    frames = options.frames or (40_000 if options.quick else 200_000)
    loads = all_loads(frames, machine.raise_file_limit())
    servers = references() + ours(options.binary) + list(peers(notes))
    if options.quick:
        servers = [one for one in servers if one.is_ours or one.name in (SEND, SEND_FULL, SEED)]
    loads = [one for one, fits in zip(loads, chosen([one.name for one in loads], options.only)) if fits]
    wanted = chosen([one.name for one in servers], options.only)
    servers = [one for one, fits in zip(servers, wanted) if fits or one.name in (SEND, SEND_FULL)]
    first = options.first if machine.can_go_first() else "none"
    setting = Setting(machine.description(), [f"{frames:,} frames in each run. {FIRST[first]}", *notes])
    keep(options.results, setting.line)
    runs = []
    for run in rounds(load_client(), servers, loads, options.rounds or (2 if options.quick else 5), first):
        runs.append(run)
        keep(options.results, run.line)
    calls = measured(options.micro)
    keep(options.results, json.dumps({"calls": calls}))
    return setting, runs, calls


def keep(path: Path | None, line: str) -> None:
    if path:
        with path.open("a") as file:
            file.write(line + "\n")


def kept(path: Path) -> tuple[Setting, list[Run], str]:
    """The content of an earlier results file: all its runs, and the last setting and the last costs of calls in it."""
    lines = path.read_text().splitlines()
    settings = [Setting(**json.loads(line)) for line in lines if line.startswith('{"machine"')]
    calls = [json.loads(line)["calls"] for line in lines if line.startswith('{"calls"')]
    runs = [Run.parse(line) for line in lines if not line.startswith(('{"machine"', '{"calls"'))]
    return settings[-1], runs, calls[-1] if calls else ""


def main() -> int:
    options = arguments()
    setting, runs, calls = kept(options.again) if options.again else run_all(options)
    results = Results(runs)
    reporting, verdicts = micro_report(calls)
    lines = tables.document(results, setting.machine, setting.notes) + reporting + targets.judged(results, verdicts)
    text = "\n".join(lines)
    print(text)
    if options.markdown:
        options.markdown.write_text(text + "\n")
    if options.update:
        report.update(options.update, text)
    for wrong in (wrong for run in runs for wrong in wrongs(run)):
        print("WRONG", wrong)
    return 1 if any(tables.is_ours(run.server) and wrongs(run) for run in runs) else 0


if __name__ == "__main__":
    sys.exit(main())
