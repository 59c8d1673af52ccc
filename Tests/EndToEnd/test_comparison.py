# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The tables of the server comparison, for runs with known figures."""

from __future__ import annotations

import sys

from harness import ROOT, expect, expect_equal

sys.path.append(str(ROOT / "Benchmarks"))

from comparison import report, tables, targets  # noqa: E402
from comparison.loads import Load, all_loads  # noqa: E402
from comparison.micro import BY_CLOCK, BY_PROCESSOR, CALL, spreads, verdicts  # noqa: E402
from comparison.results import Results, pace_held  # noqa: E402
from comparison.running import Run, wrongs  # noqa: E402
from comparison.servers import DIRECT, SEED, SEND  # noqa: E402

RESULT = {
    "n": 100, "u": 101, "rate": 1000, "failed": 0, "closed_early": 0, "bad": 0, "order_bad": 0, "frames": 40,
    "expected": 40, "wall_s": 0.1, "frames_per_s": 1000, "srv_cpu_ns": 100, "p50_us": 10, "p99_us": 20,
    "connect_per_s": 500, "hs_cpu_us": 30, "rss1_kb": 100, "rss2_kb": 100, "rss3_kb": 100, "rss_per_conn_b": 1000,
    "idle_util": 0, "srv_ut": 1, "srv_st": 3,
}  # fmt: skip


def made_up(costs: dict[str, list[float]], load: Load = Load(100), **more: float) -> list[Run]:
    """Returns runs with the given processor time for each server and round."""
    return [
        Run(number, load, server, {**RESULT, "srv_cpu_ns": cost, **more})
        for server, values in costs.items()
        for number, cost in enumerate(values, 1)
    ]


def test_ratios():
    """The comparison divides by the reference run of the same round, and shows the median and the range."""
    results = Results(made_up({SEND: [100, 200, 400], DIRECT: [110, 180, 480]}))
    lines = tables.document(results, "a machine", [])
    expect("a machine; 3 interleaved rounds; medians (lowest..highest)." in lines, lines[0])
    expect(f"| {DIRECT} | 1.10 (0.90..1.20) |" in lines, "\n".join(lines))
    expect(f"| {DIRECT} | 180 |" in lines, "\n".join(lines))


def test_judges():
    """The comparison reports each target as reached, missed or not measured."""
    runs = made_up({SEND: [100], DIRECT: [104], SEED: [200]})
    text = "\n".join(targets.judged(Results(runs), []))
    for row in (
        "| 1 | 100 watchers, one update a write: CPU a frame ≤ 1.05 × C | 1.04 (1.04..1.04) | reached |",
        "| 1 | 100 watchers, one update a write: CPU a frame ≤ 0.5 × the seed's design | 0.52 (0.52..0.52) | missed |",
        "| 4 | bytes a connection, idle, at 10,000 ≤ 2,048 | – | not measured |",
    ):
        expect(row in text, f"{row} is not in\n{text}")


def test_judges_all():
    """The comparison has a target for every load that it runs."""
    loads = all_loads(400_000, 20_000)
    runs = [run for load in loads for run in made_up({SEND: [100], DIRECT: [50], SEED: [5000]}, load, wall_s=0.1)]
    rows = targets.judged(Results(runs), verdicts({}, {}))[5:]
    open_rows = [row for row in rows if "not measured" in row]
    expect_equal([row[:4] for row in open_rows], ["| 6 "] * 6, "rows without a figure")
    expect_equal({row[2] for row in rows}, set("12345678"), "targets")
    for load in loads:
        expect(load.updates % max(1, load.batch) == 0 and load.updates > 0, f"{load.name} makes {load.updates} updates")


def test_keeps():
    """Runs that the comparison has written to its file are the same after they are read again."""
    runs = made_up({SEND: [100], DIRECT: [104]}, Load(1000, rate=100, stalled=1))
    expect_equal([Run.parse(run.line) for run in runs], runs, "runs")


def test_finds_wrongs():
    """The comparison reports lost, disordered and malformed frames."""
    expect_equal([wrong for run in made_up({DIRECT: [1]}) for wrong in wrongs(run)], [], "wrongs of a clean run")
    run = made_up({DIRECT: [1]}, frames=39, order_bad=2)[0]
    where = f"{DIRECT}, 100 watchers, b=1, round 1"
    expect_equal(wrongs(run), [f"{where}: 2 order_bad", f"{where}: 39 of 40 frames"], "wrongs")


def test_holds_pace():
    """The comparison computes the rate from the intervals between updates."""
    expect_equal(pace_held({**RESULT, "u": 101, "rate": 1000, "wall_s": 0.1}), 100, "a pace that is held")
    expect_equal(pace_held({**RESULT, "wall_s": 0}), 0, "the pace of one update")


def test_replaces():
    """The comparison replaces only the figures of a document."""
    document = f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n"
    expect_equal(report.replaced(document, "\nnew\n"), document.replace("old", "new"), "the document")
    try:
        report.replaced("no marks", "new")
    except SystemExit as refusal:
        expect("no place" in str(refusal), str(refusal))
    else:
        expect(False, "a document without marks was accepted")


def test_reads_calls():
    """The comparison reads the output of the micro-benchmarks."""
    text = (
        "nanoseconds a call\n  update                      100.0 (90.5..120.0)\n"
        "  update-watched-10000        105.0 (90.5..120.0)\n  advance                       9.0 (8.0..9.9)  over 5\n"
        "  update, one operation   wall     0.9 (0.8..1.0)   own     1.0 (1.0..1.1)\n"
        "  update, two operations  wall     1.1 (0.8..2.0)   own     1.9 (1.8..2.0)\n"
    )
    calls, threads = spreads(CALL, text), spreads(BY_PROCESSOR, text)
    expect_equal(list(calls), ["update", "update-watched-10000", "advance"], "calls")
    expect_equal(calls["update"].values, (90.5, 100.0, 120.0), "values")
    expect_equal(list(threads), ["update, one operation", "update, two operations"], "threads")
    expect_equal(spreads(BY_CLOCK, text)["update, two operations"].values, (0.8, 1.1, 2.0), "by the clock")
    reached = [verdict.is_reached for verdict in verdicts(calls, threads)]
    expect_equal(reached, [True, False, None, None, True, True], "verdicts")
