#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Runs the cases of the Autobahn test suite against the WebSocket server and client of the library.

    run.py --cases '1.*' '2.*'           these cases, both ends concurrently
    run.py --end server --cases '12.1.*' these cases, one end

The cases are those of the package kosoku. Each end must have the behavior and the close that the case requires. The output names
cases with the result NON-STRICT or INFORMATIONAL, in which the implementation has a choice. The exit code is 0 if all cases pass.
"""

from __future__ import annotations

import argparse
import asyncio
import fnmatch
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
# The time limit of a group; the groups of 9 and 12 send long messages, which are slow on some machines.
GROUP_SECONDS = 1800
# The cases of these groups need permessage-deflate.
DEFLATE_GROUPS = {"12", "13"}
ENDS = ("server", "client")


def use_virtual_environment() -> None:
    """Restarts this program with the Python of `.venv`, where the scripts install kosoku."""
    python = ROOT / ".venv" / "bin" / "python"
    if python.exists() and Path(sys.prefix).resolve() != (ROOT / ".venv").resolve():
        os.execv(python, [str(python), *sys.argv])


class Tally:
    """The results of the cases of one end."""

    def __init__(self, wanted: list[str]) -> None:
        self.wanted = wanted
        self.results: dict[str, object] = {}

    def add(self, results: list) -> None:
        for result in results:
            self.results[result.case_id] = result

    def report(self, end: str) -> bool:
        """Prints the results; returns whether every case passed."""
        counts: dict[str, int] = {}
        for result in self.results.values():
            counts[result.behavior.value] = counts.get(result.behavior.value, 0) + 1
        for case in self.wanted:
            result = self.results.get(case)
            if result is None:
                print(f"FAIL {end} {case}: no result")
            elif not result.passed:
                print(f"FAIL {end} {case}: {result.behavior.value}, close {result.behavior_close.value}; {result.result}")
                print(f"     {result.result_close}")
            elif result.behavior.value != "OK":
                print(f"     {end} {case}: {result.behavior.value}")
        passed = sum(1 for case in self.wanted if case in self.results and self.results[case].passed)
        verdicts = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
        print(f"{end}: {passed} of {len(self.wanted)} cases pass ({verdicts})", flush=True)
        return passed == len(self.wanted)


def grouped(cases: list[str]) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for case in cases:
        parts = case.split(".")
        name = ".".join(parts[:2]) if parts[0] in DEFLATE_GROUPS else parts[0]
        groups.setdefault(name, []).append(case)
    return groups


async def stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 10)
        except asyncio.TimeoutError:
            process.kill()
            await process.wait()


async def outcome(run) -> list:
    import kosoku

    try:
        return await asyncio.wait_for(run, GROUP_SECONDS)
    except kosoku.FailureError as failure:
        return failure.results
    except asyncio.TimeoutError:
        return []


async def result_while_running(server, client: asyncio.subprocess.Process) -> list:
    """Returns the results of the fuzzing server, or no results if the client exits before the server has them."""
    result = asyncio.ensure_future(server.get_result())
    exit = asyncio.ensure_future(client.wait())
    await asyncio.wait({result, exit}, return_when=asyncio.FIRST_COMPLETED)
    # The client's last request ends the run, and the result may arrive shortly after the client's exit.
    await asyncio.wait({result}, timeout=5)
    exit.cancel()
    if result.done():
        return result.result()
    result.cancel()
    return []


async def run_server(options, cases: list[str]) -> bool:
    """Runs the cases with a fuzzing client against our server."""
    import kosoku

    echo = await asyncio.create_subprocess_exec(
        str(options.echo), "--port", "0", *options.extension, stdout=asyncio.subprocess.PIPE
    )
    try:
        line = (await asyncio.wait_for(echo.stdout.readline(), 30)).decode()
        url = re.search(r"ws://\S+", line).group()
        tally = Tally(cases)
        for name, group in grouped(cases).items():
            started = time.monotonic()
            tally.add(await outcome(kosoku.run_fuzzingclient(url, group, None, concurrency=options.parallel)))
            print(f"server: group {name:5} {len(group):3} cases {time.monotonic() - started:6.1f} s", flush=True)
        return tally.report("server")
    finally:
        await stop(echo)


async def run_client(options, cases: list[str]) -> bool:
    """Runs the cases with a fuzzing server against our client."""
    import kosoku

    tally = Tally(cases)
    for name, group in grouped(cases).items():
        started = time.monotonic()
        async with kosoku.run_fuzzingserver(group, None, host="127.0.0.1", port=0) as server:
            client = await asyncio.create_subprocess_exec(
                str(options.client), "--port", str(server.port), *options.extension
            )
            try:
                tally.add(await outcome(result_while_running(server, client)))
            finally:
                await stop(client)
        print(f"client: group {name:5} {len(group):3} cases {time.monotonic() - started:6.1f} s", flush=True)
    return tally.report("client")


async def run(options) -> bool:
    from kosoku.cases import CASES

    cases = [case for case in CASES if any(fnmatch.fnmatchcase(case, pattern) for pattern in options.cases)]
    if not cases:
        sys.exit("no case is selected")
    options.extension = ["--deflate"] if any(case.split(".")[0] in DEFLATE_GROUPS for case in cases) else []
    return await {"server": run_server, "client": run_client}[options.end](options, cases)


def run_both() -> bool:
    """Runs each end in a separate process, because the ends mostly wait and can use two processors."""
    command = [sys.executable, __file__, *sys.argv[1:], "--end"]
    ends = [subprocess.Popen([*command, end]) for end in ENDS]
    return not any([end.wait() for end in ends])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--echo", type=Path, default=ROOT / "bin" / "ws-echo")
    parser.add_argument("--client", type=Path, default=ROOT / "bin" / "ws-client")
    parser.add_argument("--end", choices=ENDS, help="the end to test; both by default")
    parser.add_argument("--cases", nargs="+", default=["*"], help="identifiers or patterns of cases; all by default")
    parser.add_argument("--parallel", type=int, default=1, help="number of concurrent cases against the server")
    options = parser.parse_args()
    has_passed = asyncio.run(run(options)) if options.end else run_both()
    sys.stdout.flush()
    # Threads of kosoku may still wait for connections that are no longer needed.
    os._exit(0 if has_passed else 1)


if __name__ == "__main__":
    use_virtual_environment()
    main()
