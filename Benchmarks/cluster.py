# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Measures several nodes on three NATS servers, all on this machine.

    scripts/build.sh && .venv/bin/python Benchmarks/cluster.py interest|memory|latency|reports|fanout|list [--seconds N] [--rounds N]

interest: 5,000 operations are reported on node A, 50 of them are watched on node B; the records that arrive at B.
memory:   10,000 watchers on a node of 10,000 operations of node A, and of one operation of the node itself; the difference.
latency:  1,000 reports a second on node A; the time to the frame at a watcher on node B.
reports:  64 connections report as fast as they can with wrk (apt install wrk), durably and not, to the owner and to another node.
fanout:   1,000 watchers; the processor time for each message with a backplane and without one, interleaved.
list:     100,000 operations on two nodes; the time of a page, and what the feed of one node costs.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "Tests/EndToEnd" / name) for name in ("cluster", "durability", "")]

from harness import Server, raise_file_limit  # noqa: E402
from keepalive import Connection, Place  # noqa: E402
from natscluster import NATSCluster  # noqa: E402
from nodes import Node, await_nodes  # noqa: E402
from rawsocket import TEXT, Watcher, handshake  # noqa: E402
from store import LUA, WORKERS  # noqa: E402

BINARY = ROOT / "bin" / "live-progress"
BASE = "/api/v1/progress"
FULL = "live-progress.v1"


def cpu(server: Server) -> float:
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Listener(Watcher):
    """A watcher that hands each message on, and keeps none."""

    def __init__(self, request: bytes, take):
        super().__init__(request)
        self.take = take

    def received(self, opcode: int, payload: bytes) -> None:
        if opcode == TEXT:
            self.take(payload)
            payload = b""
        super().received(opcode, payload)
        self.messages.clear()


class Counting(asyncio.Protocol):
    """A watcher for a short time that counts bytes alone, so that it needs little of the processor; it answers no ping."""

    def __init__(self, request: bytes):
        self.request, self.bytes = request, 0

    def connection_made(self, transport) -> None:
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.bytes += len(data)


class Workers:
    """Connections that report to a node."""

    def __init__(self, node: Server, count: int = 16):
        self.place = Place()
        self.place.open(node.port)
        self.connections = [Connection(self.place) for _ in range(count)]

    async def create(self, names: list[str]) -> None:
        await self.each(names, lambda name: ("POST", BASE, {"id": name, "state": "Begun", "lease": 3600}))

    async def each(self, names: list[str], request) -> None:
        waiting = list(reversed(names))

        async def work(connection: Connection) -> None:
            while waiting:
                reply = await connection.request(*request(waiting.pop()), Prefer="return=minimal")
                assert reply.status < 300, reply

        await asyncio.gather(*(work(connection) for connection in self.connections))


async def watch(node: Server, name: str, make) -> asyncio.Protocol:
    host, port, request = handshake(f"ws://127.0.0.1:{node.port}{BASE}/{name}", FULL)
    _, protocol = await asyncio.get_running_loop().create_connection(lambda: make(request), host, port)
    return protocol


async def watch_all(node: Server, names: list[str], make) -> list:
    watchers = []
    for begin in range(0, len(names), 100):
        watchers += await asyncio.gather(*(watch(node, name, make) for name in names[begin : begin + 100]))
    return watchers


async def settled(read, seconds: float = 1.0) -> float:
    """Returns a figure once it has not changed for a while."""
    last, since = read(), time.monotonic()
    while time.monotonic() - since < seconds:
        await asyncio.sleep(0.1)
        if (now := read()) != last:
            last, since = now, time.monotonic()
    return last


async def interest(a: Node, b: Node, _) -> None:
    names = [f"i-{number}" for number in range(5000)]
    workers = Workers(a)
    await workers.create(names)
    watchers = await watch_all(b, names[::100], Counting)
    records = lambda: b.metrics()["live_progress_copy_records_total"]  # noqa: E731
    before = await asyncio.to_thread(lambda: records())
    for step in range(3):
        await workers.each(names, lambda name: ("PATCH", f"{BASE}/{name}", {"state": f"Step {step}"}))
    await asyncio.sleep(2)
    arrived = records() - before
    print(f"reported: {3 * len(names):,} on {len(names):,} operations; watched on B: {len(watchers)}")
    print(f"records that arrived at B: {arrived:,.0f}; expected {3 * len(watchers)}; subscriptions: {b.metrics()['live_progress_copies']:.0f}")
    assert arrived == 3 * len(watchers)


async def memory(a: Node, _: Node, options) -> None:
    count = 10_000
    await Workers(a).create([f"other-{number}" for number in range(count)])
    sizes: dict[str, list[float]] = {"one operation": [], "10,000 operations of another node": []}
    for round in range(options.rounds):
        for kind in sizes:
            # A new node for each measurement, because a process reuses the memory of watchers that have left.
            with await asyncio.to_thread(Node, BINARY, f"node-{round}", options.addresses, "--log-level", "error") as node:
                names = [f"other-{number}" for number in range(count)]
                if kind == "one operation":
                    names = [f"own-{round}"] * count
                    await Workers(node).create(names[:1])
                await asyncio.sleep(3)
                before = node.resident_bytes()
                watchers = await watch_all(node, names, lambda request: Listener(request, len))
                await asyncio.sleep(3)
                sizes[kind].append((node.resident_bytes() - before) / count)
                print(f"{count:,} watchers of {kind}: {sizes[kind][-1]:,.0f} bytes each; copies: {node.metrics()['live_progress_copies']:,.0f}")
                for watcher in watchers:
                    watcher.transport.abort()
                left = await settled(lambda: node.metrics()["live_progress_copies"], 2)
                assert left == 0, f"{left} copies after the watchers have left"
    alone, with_copies = (statistics.median(values) for values in sizes.values())
    print(f"a copy with its subscription: {with_copies - alone:,.0f} bytes")


async def latency(a: Node, b: Node, options) -> None:
    operations, rate = 50, 1000
    names = [f"l-{number}" for number in range(operations)]
    workers = Workers(a, operations)
    await workers.create(names)
    delays: list[float] = []

    def take(payload: bytes) -> None:
        state = json.loads(payload)["state"]
        if state != "Begun":
            delays.append(time.monotonic() - float(state))

    watchers = await watch_all(b, names, lambda request: Listener(request, take))
    begin, sent = time.monotonic(), 0

    async def work(number: int) -> None:
        nonlocal sent
        for step in range(int(options.seconds * rate / operations)):
            due = begin + (step + number / operations) * operations / rate
            await asyncio.sleep(max(0, due - time.monotonic()))
            sent += 1
            report = {"state": repr(time.monotonic())}
            reply = await workers.connections[number].request("PATCH", f"{BASE}/{names[number]}", report, Prefer="return=minimal")
            assert reply.status == 204, reply

    await asyncio.gather(*(work(number) for number in range(operations)))
    seconds = time.monotonic() - begin
    await asyncio.sleep(1)
    delays.sort()
    points = {point: delays[int(len(delays) * point / 100)] * 1000 for point in (50, 90, 99, 99.9)}
    print(f"{sent:,} reports in {seconds:.0f} s ({sent / seconds:,.0f} a second), {len(delays):,} frames at {len(watchers)} watchers on B")
    print("report on A to frame on B: " + ", ".join(f"p{point} {value:.1f} ms" for point, value in points.items()))


async def reports(a: Node, b: Node, options) -> None:
    await Workers(a).create([f"job-{number}" for number in range(WORKERS)])
    rates: dict[str, list] = {}
    for _ in range(options.rounds):
        for node, place in ((a, "to the owner"), (b, "to another node")):
            for preference, kind in ((", durable", "durable"), ("", "not durable")):
                with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
                    script.write(LUA % (preference, WORKERS))
                    script.flush()
                    command = ["wrk", "-t1", f"-c{WORKERS}", "-d3s", "-s", script.name, node.url]
                    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
                    output = (await process.communicate())[0].decode()
                assert "Non-2xx" not in output, output
                rates.setdefault(f"{kind}, {place}", []).append(float(re.search(r"Requests/sec: *([0-9.]+)", output)[1]))
    for name, values in rates.items():
        print(f"{name}: {statistics.median(values):,.0f} reports a second ({min(values):,.0f} to {max(values):,.0f})")


async def fanout(a: Node, _: Node, options) -> None:
    count, reports = 1000, 400
    alone = await asyncio.to_thread(Server, BINARY)
    crowds = []
    for server in (a, alone):
        workers = Workers(server, 1)
        await workers.create(["quiet", "crowd"])
        crowds.append((server, workers))

    async def spent(which: int, name: str) -> float:
        """Returns the processor time of the server for the reports on an operation, and for its watchers, if it has any."""
        server, workers = crowds[which]
        watchers = await watch_all(server, [name] * count, Counting) if name == "crowd" else []
        await asyncio.sleep(0.5)
        begin = cpu(server)
        for step in range(reports):
            report = {"state": f"Step {step}", "details": {"file": f"part-{step}.csv"}}
            reply = await workers.connections[0].request("PATCH", f"{BASE}/{name}", report, Prefer="return=minimal")
            assert reply.status == 204, reply
            await asyncio.sleep(0.005)
        await settled(lambda: sum(watcher.bytes for watcher in watchers), 0.5)
        used = cpu(server) - begin
        for watcher in watchers:
            watcher.transport.abort()
        return used

    whole, fan = ([], []), ([], [])
    for number in range(options.rounds * 2):
        which = (number + number // 2) % 2
        quiet, crowd = await spent(which, "quiet"), await spent(which, "crowd")
        whole[which].append(crowd / reports * 1e3)
        fan[which].append((crowd - quiet) / (reports * count) * 1e6)
    for name, values, unit in (("a report with its watchers", whole, "ms"), ("the fan-out alone, a message", fan, "µs")):
        ratios = [one / other for one, other in zip(*values)]
        with_it, without = (f"{statistics.median(one):.2f} ({min(one):.2f} to {max(one):.2f}) {unit}" for one in values)
        print(f"{name}: {with_it} with a backplane, {without} without; median of the ratios {statistics.median(ratios):.3f}")
    alone.stop()


async def listing(a: Node, b: Node, _) -> None:
    count = 100_000
    for node, prefix in ((a, "a"), (b, "b")):
        await Workers(node, 64).create([f"{prefix}-{number}" for number in range(count // 2)])
    connection = Connection(Workers(b).place)
    for query in ("limit=100", "limit=1000", "limit=100&status=failed"):
        times = []
        for _ in range(20):
            begin = time.monotonic()
            reply = await connection.request("GET", f"{BASE}?{query}", Accept="application/json")
            times.append(time.monotonic() - begin)
        found = len(reply.json["operations"])
        print(f"GET ?{query}: {statistics.median(times) * 1000:.1f} ms, {found} operations, {len(reply.body):,} bytes")
    before, used = b.resident_bytes(), cpu(b) + cpu(a)
    host, port, request = handshake(f"ws://127.0.0.1:{b.port}{BASE}", FULL)
    _, feed = await asyncio.get_running_loop().create_connection(lambda: Counting(request), host, port)
    begin = time.monotonic()
    size = await settled(lambda: feed.bytes, 3)
    print(f"the feed of all {count:,} operations at B: {time.monotonic() - begin - 3:.1f} s, {size:,} bytes, {b.resident_bytes() - before:,} bytes of memory at B, {cpu(b) + cpu(a) - used:.1f} s of processor time on both nodes")


async def main() -> None:
    cases = {"interest": interest, "memory": memory, "latency": latency, "reports": reports, "fanout": fanout, "list": listing}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=cases)
    parser.add_argument("--seconds", type=float, default=60, help="the duration of latency")
    parser.add_argument("--rounds", type=int, default=7, help="the rounds of memory, reports and fanout")
    options = parser.parse_args()
    raise_file_limit()
    with contextlib.ExitStack() as stack:
        nats = NATSCluster(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        stack.callback(nats.close)
        options.addresses = nats.addresses
        nodes = []
        for name in ("a", "b"):
            nodes.append(await asyncio.to_thread(Node, BINARY, name, nats.addresses, "--log-level", "error"))
            stack.callback(nodes[-1].stop)
        await asyncio.to_thread(await_nodes, nodes)
        await cases[options.case](*nodes, options)


if __name__ == "__main__":
    asyncio.run(main())
