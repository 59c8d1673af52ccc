# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The targets of the project, and whether a run reaches them. A missed target is reported, but is no error."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .results import Results, Spread, bytes_a_connection, figure, growth, pace_held, traffic_growth
from .servers import DIRECT, SEED, SEND

CPU = figure("srv_cpu_ns")


@dataclass(frozen=True)
class Verdict:
    """A target, the measured figure, and whether it reaches the target (`None` if it was not measured)."""

    number: int
    target: str
    figure: str
    is_reached: bool | None

    @property
    def row(self) -> str:
        word = {True: "reached", False: "missed", None: "not measured"}[self.is_reached]
        return f"| {self.number} | {self.target} | {self.figure} | {word} |"


def at_most(number: int, target: str, spread: Spread | None, limit: float, digits: int = 2) -> Verdict:
    if spread is None:
        return Verdict(number, target, "–", None)
    return Verdict(number, target, spread.text(digits), spread.median <= limit)


def at_least(number: int, target: str, spread: Spread | None, limit: float, digits: int = 2) -> Verdict:
    if spread is None:
        return Verdict(number, target, "–", None)
    return Verdict(number, target, spread.text(digits), spread.median >= limit)


def inverse(spread: Spread | None) -> Spread | None:
    return Spread(tuple(1 / value for value in spread.values)) if spread else None


def one_a_write(results: Results) -> Iterator[Verdict]:
    for load in results.loads:
        if load.batch != 1 or load.is_paced:
            continue
        what = f"{load.watchers:,} watchers, one update a write: CPU a frame"
        yield at_most(1, f"{what} ≤ 1.05 × C", results.ratios(DIRECT, load, CPU, SEND), 1.05)
        yield at_most(1, f"{what} ≤ 0.5 × the seed's design", results.ratios(DIRECT, load, CPU, SEED), 0.5)


def coalesced(results: Results) -> Iterator[Verdict]:
    for load in results.loads:
        limit = results.limit(load)
        if not load.is_free or limit is None:
            continue
        what = f"{load.watchers:,} watchers, flat out, as many updates a write as are due: CPU a frame"
        yield at_most(2, f"{what} ≤ 1.0 × C with 32 a write", results.ratios(DIRECT, load, CPU, SEND, limit), 1.0)
        ahead = inverse(results.ratios(DIRECT, load, CPU, SEED, results.load(load.watchers)))
        yield at_least(2, f"{load.watchers:,} watchers: ≥ 50 × ahead of the seed's design", ahead, 50, 0)


def paced(results: Results) -> Iterator[Verdict]:
    for load in results.loads:
        if not load.is_pace:
            continue
        held = results.values(DIRECT, load, pace_held)
        # The last update needs time to arrive, which lowers the rate of a run of seconds by up to one percent.
        yield at_least(3, f"{load.name}: held, %", held, 99, 1)
        yield at_most(3, f"{load.name}: p50 ≤ 1.2 × C", results.ratios(DIRECT, load, figure("p50_us"), SEND), 1.2)
        yield at_most(3, f"{load.name}: p99 ≤ 1.3 × C", results.ratios(DIRECT, load, figure("p99_us"), SEND), 1.3)


def connections(results: Results) -> Iterator[Verdict]:
    load = results.crowd
    at = f"at {load.watchers:,}" if load else "at 10,000"
    idle = results.values(DIRECT, load, bytes_a_connection)
    yield at_most(4, f"bytes a connection, idle, {at} ≤ 2,048", idle, 2048, 0)
    # Some pages move for reasons outside the server: 16 bytes per connection are 40 pages.
    yield at_most(4, "bytes a connection grown after traffic ≤ 16", results.values(DIRECT, load, growth), 16, 0)
    rate = results.ratios(DIRECT, load, figure("connect_per_s"), SEND)
    yield at_least(5, f"handshakes a second, {at} ≥ 0.6 × C", rate, 0.6)


def disturbed(results: Results) -> Iterator[Verdict]:
    load = next((load for load in results.loads if load.is_disturbed), None)
    calm = results.load(load.watchers, rate=load.rate) if load else None
    lost = results.values(DIRECT, load, lambda result: result["expected"] - result["frames"])
    yield at_most(7, "one stalls, one vanishes: frames the others lose ≤ 0", lost, 0, 0)
    p99 = results.ratios(DIRECT, load, figure("p99_us"), DIRECT, calm)
    yield at_most(7, "one stalls, one vanishes: p99 ≤ 1.1 × undisturbed", p99, 1.1)
    grown = results.values(DIRECT, load, traffic_growth)
    alone = results.values(DIRECT, calm, traffic_growth)
    limit = alone.median + 1 if alone else 0
    yield at_most(7, "one stalls, one vanishes: MiB grown ≤ undisturbed + 1", grown, limit, 1)


def silent(results: Results) -> Iterator[Verdict]:
    load = next((load for load in results.loads if load.is_silent), None)
    who = f"{load.aside:,} idle watchers, {load.operations:,} operations" if load else "18,000 idle watchers"
    idle = results.values(DIRECT, load, lambda result: 100 * result["idle_util"])
    yield at_most(8, f"{who}: CPU without traffic, % ≤ 0.05", idle, 0.05)
    yield at_most(
        8, f"{who}: p99 of another's update, µs ≤ 5,000", results.values(DIRECT, load, figure("p99_us")), 5000, 0
    )


def judged(results: Results, reporting: list[Verdict]) -> list[str]:
    """The list of all verdicts; another program measures the cost of reporting, and its verdicts are passed in."""
    verdicts = [*one_a_write(results), *coalesced(results), *paced(results), *connections(results), *reporting]
    verdicts += [*disturbed(results), *silent(results)]
    return ["", "**Targets**", "", "| | target | figure | |", "|---|---|---|---|"] + [one.row for one in verdicts]
