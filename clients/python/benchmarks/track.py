# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Compares the cost of an iteration of `track` with tqdm and a bare loop.

    python benchmarks/track.py [--rounds 15] [--items 1000000]

The loops run in turns, so that other load on the machine affects all of them. `track` reports to LIVE_PROGRESS_SERVER,
or to a server that accepts everything. tqdm draws to the null device. Exits with 1 if `track` costs more than tqdm.
"""

from __future__ import annotations

import argparse
import http.server
import os
import statistics
import sys
import threading
import time
from typing import Any, Callable, Dict, Iterable, List

import live_progress


class Answers(http.server.BaseHTTPRequestHandler):
    """Accepts every report."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_PATCH = do_POST

    def log_message(self, format: str, *_: Any) -> None:
        pass


def seconds(items: Iterable[int]) -> float:
    begun = time.perf_counter()
    for _ in items:
        pass
    return time.perf_counter() - begun


def kinds(count: int) -> Dict[str, Callable[[], Iterable[int]]]:
    from tqdm import tqdm  # type: ignore[import-untyped,import-not-found,unused-ignore]

    nowhere = open(os.devnull, "w")
    return {
        "bare": lambda: range(count),
        "track": lambda: live_progress.track(range(count), "Benchmark", display=False),
        "tqdm": lambda: tqdm(range(count), file=nowhere),
        "tqdm, patched": lambda: tqdm(range(count), file=nowhere),
    }


def measured(rounds: int, count: int) -> Dict[str, List[float]]:
    """Returns the nanoseconds per iteration, for each kind of loop and round."""
    loops = kinds(count)
    figures: Dict[str, List[float]] = {name: [] for name in loops}
    for round in range(rounds + 1):
        for name, loop in loops.items():
            undo = live_progress.patch_tqdm() if name == "tqdm, patched" else lambda: None
            taken = seconds(loop())
            undo()
            if round > 0:  # the first round is a warm-up
                figures[name].append(taken / count * 1e9)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--items", type=int, default=1_000_000)
    options = parser.parse_args()
    if not os.environ.get("LIVE_PROGRESS_SERVER"):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        live_progress.configure(server=f"http://127.0.0.1:{server.server_address[1]}")
    figures = measured(options.rounds, options.items)
    for name, values in figures.items():
        print(f"{name:14} {statistics.median(values):7.1f} ns per iteration (minimum {min(values):.1f})")
    ratio = statistics.median(ours / theirs for ours, theirs in zip(figures["track"], figures["tqdm"]))
    print(f"track / tqdm   {ratio:7.2f} (median of {options.rounds} rounds, each compared with tqdm in the same round)")
    return 0 if ratio <= 1.0 else 1


if __name__ == "__main__":
    sys.exit(main())
