# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable

from .loads import Load
from .results import Results, Spread, bytes_a_connection, figure, growth, outside_kernel, pace_held, traffic_growth
from .servers import CHANNEL, DIRECT, FULL, SEND, SEND_FULL

CPU = figure("srv_cpu_ns")


def reference(server: str) -> str:
    """The server whose figures are the base of the ratios: the one that sends messages of the same length."""
    return SEND_FULL if server.endswith(", full") else SEND


def is_ours(server: str) -> bool:
    return server.removesuffix(", full") in (DIRECT, CHANNEL)


def cell(spread: Spread | None, digits: int) -> str:
    return spread.text(digits) if spread else "–"


def short(spread: Spread | None, digits: int = 0) -> str:
    return f"{spread.median:,.{digits}f}" if spread else "–"


def table(title: str, head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    head = list(head)
    lines = ["", f"**{title}**", "", f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    return lines + [f"| {' | '.join(row)} |" for row in rows]


def fanout(results: Results) -> list[str]:
    loads = [load for load in results.loads if not load.is_paced]
    if not loads:
        return []
    head = ["server"] + [load.name for load in loads]

    def rows(text) -> list[list[str]]:
        return [[server] + [text(server, load) for load in loads] for server in results.servers]

    def to_limit(server: str, load: Load) -> str:
        limit = results.limit(load)
        return cell(results.ratios(server, load, CPU, reference(server), limit) if limit else None, 2)

    ratio = rows(to_limit)
    cpu = rows(lambda server, load: short(results.values(server, load, CPU)))
    own = rows(lambda server, load: short(results.values(server, load, outside_kernel)))
    rate = rows(lambda server, load: short(results.values(server, load, figure("frames_per_s"))))
    return (
        table("The server's processor time for each delivered frame, as a ratio to C", head, ratio)
        + table("The same in nanoseconds", head, cpu)
        + table("Of these, outside the kernel", head, own)
        + table("Frames a second", head, rate)
    )


def paced_row(results: Results, server: str, load: Load) -> list[str]:
    row = [load.name, server, cell(results.values(server, load, pace_held), 1)]
    row.append(cell(results.ratios(server, load, CPU, reference(server)), 2))
    for key in ("p50_us", "p99_us"):
        row.append(short(results.values(server, load, figure(key))))
        row.append(cell(results.ratios(server, load, figure(key), reference(server)), 2))
    return row


def paced(results: Results) -> list[str]:
    loads = [load for load in results.loads if load.is_pace]
    head = ("load", "server", "rate held, %", "CPU to C", "p50, µs", "p50 to C", "p99, µs", "p99 to C")
    rows = [paced_row(results, server, load) for load in loads for server in results.servers]
    return table("Paced", head, rows) if rows else []


def connection_row(results: Results, server: str) -> list[str]:
    load = results.crowd
    rate = figure("connect_per_s")
    return [
        server,
        short(results.values(server, load, rate)),
        cell(results.ratios(server, load, rate, SEND), 2),
        short(results.values(server, load, figure("hs_cpu_us"))),
        cell(results.values(server, load, bytes_a_connection), 0),
        cell(results.values(server, load, growth), 0),
        cell(results.values(server, load, lambda result: 100 * result["idle_util"]), 1),
    ]


def connections(results: Results) -> list[str]:
    if results.crowd is None:
        return []
    head = (
        "server", "handshakes a second", "to C", "CPU µs each", "bytes each, idle", "growth each, after traffic",
        "CPU after traffic, %",
    )  # fmt: skip
    rows = [connection_row(results, server) for server in results.servers]
    return table(f"Connections, at {results.crowd.watchers:,}", head, rows)


def disturbed_row(results: Results, server: str, load: Load) -> list[str]:
    calm = results.load(load.watchers, rate=load.rate)
    p99 = figure("p99_us")
    return [
        server,
        short(results.values(server, calm, p99)),
        short(results.values(server, load, p99)),
        cell(results.ratios(server, load, p99, server, calm), 2),
        short(results.values(server, load, lambda result: result["expected"] - result["frames"])),
        cell(results.values(server, calm, traffic_growth), 1),
        cell(results.values(server, load, traffic_growth), 1),
    ]


def disturbed(results: Results) -> list[str]:
    load = next((load for load in results.loads if load.is_disturbed), None)
    if load is None:
        return []
    head = ("server", "p99 alone, µs", "beside them", "ratio", "frames lost", "MiB grown alone", "beside them")
    rows = [disturbed_row(results, server, load) for server in results.servers if is_ours(server)]
    return table(f"One of {load.watchers:,} watchers stops to read, one vanishes; {load.rate:,}/s", head, rows)


def silent_row(results: Results, server: str, load: Load) -> list[str]:
    idle = results.values(server, load, lambda result: 100 * result["idle_util"])
    latencies = [cell(results.values(server, load, figure(key)), 0) for key in ("p50_us", "p99_us")]
    return [server, cell(results.values(server, load, bytes_a_connection), 0), cell(idle, 2), *latencies]


def silent(results: Results) -> list[str]:
    load = next((load for load in results.loads if load.is_silent), None)
    if load is None:
        return []
    title = f"{load.aside:,} watchers of {load.operations:,} silent operations, and 100 of one at {load.rate}/s"
    head = ("server", "bytes each, idle", "CPU without traffic, %", "p50, µs", "p99, µs")
    return table(title, head, [silent_row(results, server, load) for server in results.servers if is_ours(server)])


def document(results: Results, machine: str, notes: list[str]) -> list[str]:
    """All tables, with the machine and the notes."""
    lines = [f"{machine}; {results.rounds} interleaved rounds; medians (lowest..highest).", ""]
    lines += [
        f"b: updates in each write to a watcher. `{DIRECT}` and `{CHANNEL}`: this server's two ways of writing; full:",
        f"in the format of `{FULL}`, compared with C sending as many bytes.",
    ]
    lines += ["", *notes] if notes else []
    return lines + fanout(results) + paced(results) + connections(results) + disturbed(results) + silent(results)
