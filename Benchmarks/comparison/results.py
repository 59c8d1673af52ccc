# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The results of all rounds: values of a server under a load, and ratios to another server in the same round."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from .loads import Load
from .running import Run

Figure = Callable[[dict], float]


@dataclass(frozen=True)
class Spread:
    """A median and its range."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def text(self, digits: int = 2) -> str:
        low, high = min(self.values), max(self.values)
        return f"{self.median:,.{digits}f} ({low:,.{digits}f}..{high:,.{digits}f})"


def figure(key: str) -> Figure:
    return lambda result: result[key]


def outside_kernel(result: dict) -> float:
    """Nanoseconds per frame in the server's own code, split from kernel time by the system's clock ticks."""
    ticks = result["srv_ut"] + result["srv_st"]
    return result["srv_cpu_ns"] * result["srv_ut"] / ticks if ticks else 0


def pace_held(result: dict) -> float:
    """The rate at which the watchers received updates, in percent of the requested rate."""
    return 100 * (result["u"] - 1) / result["rate"] / result["wall_s"] if result["wall_s"] else 0


def bytes_a_connection(result: dict) -> float:
    """The growth of the server's memory per connection."""
    return result["rss_per_conn_b"]


def growth(result: dict) -> float:
    """The growth of memory after the traffic, in bytes per connection."""
    return (result["rss3_kb"] - result["rss2_kb"]) * 1024 / result["n"]


def traffic_growth(result: dict) -> float:
    """The growth of memory during the traffic, in MiB."""
    return (result["rss2_kb"] - result["rss1_kb"]) / 1024


class Results:
    """All runs, by server, load and round."""

    def __init__(self, runs: list[Run]):
        self.runs = {(run.server, run.load, run.number): run.result for run in runs}
        self.loads = list(dict.fromkeys(run.load for run in runs))
        self.servers = list(dict.fromkeys(run.server for run in runs))
        self.rounds = max((run.number for run in runs), default=0)

    def load(self, watchers: int, **members: int) -> Load | None:
        """The first load with these members; by default one update per write, no rate, and no stalled watcher."""
        wanted = {"watchers": watchers, "batch": 1, "rate": 0, "stalled": 0, **members}
        return next((l for l in self.loads if all(getattr(l, k) == v for k, v in wanted.items())), None)

    def limit(self, load: Load) -> Load | None:
        """The load that gives the C limit: 32 updates per write if the server chooses the number, else the load itself."""
        return self.load(load.watchers, batch=32) if load.is_free else load

    @property
    def crowd(self) -> Load | None:
        """The load for the measurements of connections."""
        return next((load for load in self.loads if load.is_crowd), None)

    def values(self, server: str, load: Load | None, figure: Figure) -> Spread | None:
        """A figure in every round; `None` if the server has no run under the load."""
        rows = [self.runs.get((server, load, number)) for number in range(1, self.rounds + 1)]
        values = tuple(figure(row) for row in rows if row is not None)
        return Spread(values) if values else None

    def ratios(
        self, server: str, load: Load | None, figure: Figure, to: str, to_load: Load | None = None
    ) -> Spread | None:
        """The ratios of a figure to another server's, or to another load's, in the same round."""
        ratios = []
        for number in range(1, self.rounds + 1):
            own = self.runs.get((server, load, number))
            base = self.runs.get((to, to_load or load, number))
            if own is not None and base is not None and figure(base):
                ratios.append(figure(own) / figure(base))
        return Spread(tuple(ratios)) if ratios else None
