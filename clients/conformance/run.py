#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Runs the cases with the adapters of one or more clients, and prints a table of cases and clients.

    python clients/conformance/run.py 'python clients/conformance/adapters/reference.py' --cases 'drop|token'
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
from pathlib import Path

import yaml

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

from suite.adapter import Adapter  # noqa: E402
from suite.cases import Case, load  # noqa: E402
from suite.failure import Failure  # noqa: E402
from suite.play import play  # noqa: E402
from suite.table import Results, table  # noqa: E402

ROOT = FOLDER.parent.parent


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Runs the cases of the conformance suite with clients.")
    parser.add_argument("adapters", nargs="*", help="commands that start an adapter; by default those of adapters.yaml")
    parser.add_argument("--cases", default="", help="only the cases whose name contains one of these texts, separated by |")
    parser.add_argument("--binary", type=Path, default=ROOT / "bin/live-progress", help="the real server")
    parser.add_argument("--jobs", type=int, default=1, help="number of concurrent cases")
    parser.add_argument("--quiet", action="store_true", help="print only the failures and the table")
    return parser.parse_args()


def listed() -> list[str]:
    """Returns the commands of the existing adapters in adapters.yaml."""
    entries = yaml.safe_load((FOLDER / "adapters.yaml").read_text())
    values = {"python": sys.executable, "root": str(ROOT)}
    return [e["command"].format(**values) for e in entries if (ROOT / e["needs"]).exists()]


async def client_name(command: str) -> str:
    adapter = await Adapter.start(command)
    await adapter.kill()
    return str(adapter.ready["client"])


async def run_client(command: str, cases: list[Case], options: argparse.Namespace) -> dict[str, tuple[str, str]]:
    outcomes: dict[str, tuple[str, str]] = {}
    places = asyncio.Semaphore(options.jobs)

    async def one(case: Case) -> None:
        async with places:
            begun = time.monotonic()
            outcome = outcomes[case.name] = await play(case, command, options.binary)
            if not options.quiet or outcome[0] == "failed":
                print(f"  {outcome[0]:7} {time.monotonic() - begun:5.1f} s  {case.name}", flush=True)
            if outcome[0] == "failed":
                print(f"      {outcome[1]}", flush=True)

    await asyncio.gather(*(one(case) for case in cases))
    return outcomes


async def main() -> int:
    options = arguments()
    # The cases drop connections on purpose.
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
    cases = load(FOLDER / "cases", options.cases)
    results: Results = {}
    for command in options.adapters or listed():
        try:
            name = await client_name(command)
        except Failure as failure:
            print(f"{command}: {failure}", file=sys.stderr)
            return 2
        print(name, flush=True)
        results[name] = await run_client(command, cases, options)
    print("\n" + table([case.name for case in cases], results))
    failed = any(outcome == "failed" for client in results.values() for outcome, _ in client.values())
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
