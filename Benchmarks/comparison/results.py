# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""What all rounds showed: values of one server under one load, and their ratios to another of the same round."""

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
    """Nanoseconds for each frame that the server spent in its own code, as the system's clock ticks divide them."""
    ticks = result["srv_ut"] + result["srv_st"]
    return result["srv_cpu_ns"] * result["srv_ut"] / ticks if ticks else 0


def pace_held(result: dict) -> float:
    """How much of the rate that was asked for the watchers got, in percent."""
    return 100 * (result["u"] - 1) / result["rate"] / result["wall_s"] if result["wall_s"] else 0


def bytes_a_connection(result: dict) -> float:
    """What the server's own memory grew by, for each connection."""
    return result["rss_per_conn_b"]


def growth(result: dict) -> float:
    """Bytes a connection by which memory grew while nothing was sent any more."""
    return (result["rss3_kb"] - result["rss2_kb"]) * 1024 / result["n"]


def traffic_growth(result: dict) -> float:
    """MiB by which memory grew with the traffic."""
    return (result["rss2_kb"] - result["rss1_kb"]) / 1024


class Results:
    """All runs, by server, load and round."""

    def __init__(self, runs: list[Run]):
        self.runs = {(run.server, run.load, run.number): run.result for run in runs}
        self.loads = list(dict.fromkeys(run.load for run in runs))
        self.servers = list(dict.fromkeys(run.server for run in runs))
        self.rounds = max((run.number for run in runs), default=0)

    def load(self, watchers: int, **members: int) -> Load | None:
        """The load with these members; those that are not named are as in the first that fits."""
        wanted = {"watchers": watchers, "batch": 1, "rate": 0, "stalled": 0, **members}
        return next((l for l in self.loads if all(getattr(l, k) == v for k, v in wanted.items())), None)

    def limit(self, load: Load) -> Load | None:
        """The load under which C is the limit of another: where the server decides what a write carries, 32 updates."""
        return self.load(load.watchers, batch=32) if load.is_free else load

    @property
    def crowd(self) -> Load | None:
        """The load that tells about connections."""
        return next((load for load in self.loads if load.is_crowd), None)

    def values(self, server: str, load: Load | None, figure: Figure) -> Spread | None:
        """A figure of every round; none where the server did not bear the load."""
        rows = [self.runs.get((server, load, number)) for number in range(1, self.rounds + 1)]
        values = tuple(figure(row) for row in rows if row is not None)
        return Spread(values) if values else None

    def ratios(
        self, server: str, load: Load | None, figure: Figure, to: str, to_load: Load | None = None
    ) -> Spread | None:
        """A figure over that of another server, or under another load, in the same round each."""
        ratios = []
        for number in range(1, self.rounds + 1):
            own = self.runs.get((server, load, number))
            base = self.runs.get((to, to_load or load, number))
            if own is not None and base is not None and figure(base):
                ratios.append(figure(own) / figure(base))
        return Spread(tuple(ratios)) if ratios else None
