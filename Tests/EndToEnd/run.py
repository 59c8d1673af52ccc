#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Runs the end-to-end cases against a built server: `run.py --binary bin/live-progress [--only TEXT]`."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
import time
import traceback
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parent.parent


def use_virtual_environment() -> None:
    """Goes on in `.venv`, where `make test` installs the third-party clients, if this is another Python."""
    python = ROOT / ".venv" / "bin" / "python"
    if python.exists() and Path(sys.prefix).resolve() != (ROOT / ".venv").resolve():
        os.execv(python, [str(python), *sys.argv])


def raise_file_limit() -> None:
    """A thousand watchers are a thousand descriptors, here and in the server, which inherits the limit."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if hard == resource.RLIM_INFINITY else min(8192, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def load_cases() -> list:
    sys.path.insert(0, str(FOLDER))
    from harness import CASES

    for path in sorted(FOLDER.glob("test_*.py")) + sorted(FOLDER.glob("*/test_*.py")):
        if str(path.parent) not in sys.path:
            sys.path.append(str(path.parent))
        importlib.import_module(path.stem)
    return CASES


def run_one(case, environment) -> str | None:
    """Runs one case and gives what went wrong, or nothing."""
    from harness import Failure, alarm

    alarm(case.seconds)
    try:
        case.body(environment)
        return None
    except Failure as failure:
        place = traceback.extract_tb(failure.__traceback__)
        where = next((f"{Path(f.filename).name}:{f.lineno}" for f in reversed(place) if "test_" in f.filename), "")
        return f"{failure} ({where})"
    except Exception:
        return traceback.format_exc()
    finally:
        signal.alarm(0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", type=Path, default=ROOT / "bin" / "live-progress")
    parser.add_argument("--only", default="", help="run the cases whose group or sentence contains this text")
    parser.add_argument("--list", action="store_true", help="print the cases and do nothing")
    options = parser.parse_args()
    raise_file_limit()
    # Whoever runs this in the background may ignore interrupts, which every program started from here would inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    cases = [c for c in load_cases() if options.only.lower() in f"{c.group}: {c.promise}".lower()]
    if options.list:
        print("\n".join(f"{c.group}: {c.promise}" for c in cases))
        return 0
    from harness import Environment

    if not options.binary.exists():
        print(f"{options.binary} does not exist; `make build` makes it", file=sys.stderr)
        return 2
    environment = Environment(options.binary.resolve())
    failed = 0
    for case in cases:
        started = time.monotonic()
        problem = run_one(case, environment)
        failed += problem is not None
        took = time.monotonic() - started
        print(f"{'FAIL' if problem else 'ok  '} {case.group}: {case.promise} ({took:.1f} s)", flush=True)
        if problem:
            print("     " + problem.rstrip().replace("\n", "\n     "), flush=True)
    environment.close()
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    use_virtual_environment()
    sys.exit(main())
