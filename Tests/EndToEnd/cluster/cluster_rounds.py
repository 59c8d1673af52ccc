# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Breaks three NATS servers and three of our nodes while workers report durably and watchers follow, on all nodes.

    .venv/bin/python Tests/EndToEnd/cluster/cluster_rounds.py --operations 2000

The faults, one after the other: the leader of the stream is killed; a follower is stopped; each of our nodes is restarted, one of
them by kill -9; one node is cut off from the NATS servers and healed. `test_cluster_rounds.py` runs them with fewer operations.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / name) for name in ("cluster", "durability", "")]

import followers  # noqa: E402
from harness import ROOT, Failure  # noqa: E402
from ledger import Ledger  # noqa: E402
from keepalive import Reply  # noqa: E402
from natscluster import Link, NATSCluster  # noqa: E402
from nodes import Entrance, Node, await_nodes  # noqa: E402
from reporters import Reporter  # noqa: E402
from verifier import Verifier  # noqa: E402

KEPT = 8
"""The number of revisions that each node keeps at least: a copy begins with the 16 newest records."""

LEADER_KILLED = "kill -9 of the stream's leader"
EARLY = 8.0
"""While the leader is replaced, a node refuses a request that changed nothing after 10 s, and not before."""


@dataclass
class Plan:
    binary: Path
    operations: int = 2000
    workers: int = 36
    watchers: int = 24
    calm: float = 4.0
    cut: float = 10.0
    seed: int = 1


class Pauses:
    """By the fault that was going on: the longest time in which no report was acknowledged, and the slowest report."""

    def __init__(self, ledger: Ledger):
        self.ledger = ledger
        self.longest: dict[str, float] = {}
        self.slowest: dict[str, float] = {}
        self.fault = "before"
        self.is_over = False

    def note(self, seconds: float) -> None:
        self.slowest[self.fault] = max(self.slowest.get(self.fault, 0), seconds)

    def stop(self) -> None:
        self.is_over = True

    async def watch(self) -> None:
        last, since = -1, time.monotonic()
        while not self.is_over:
            now, acknowledged = time.monotonic(), self.ledger.counters.acknowledged
            if acknowledged != last:
                last, since = acknowledged, now
            self.longest[self.fault] = max(self.longest.get(self.fault, 0), now - since)
            await asyncio.sleep(0.02)


class TimedReporter(Reporter):
    """A worker that measures the time until a report is acknowledged, with all its repetitions."""

    def __init__(self, number: int, ledger: Ledger, place: Entrance, seed: float, pauses: Pauses):
        super().__init__(number, ledger, place, seed)
        self.pauses = pauses

    async def deliver(self, *arguments, **fields):
        begun = time.monotonic()
        try:
            return await super().deliver(*arguments, **fields)
        finally:
            self.pauses.note(time.monotonic() - begun)

    def may_repeat(self, reply: Reply) -> bool:
        is_early = reply.seconds < EARLY and b"other nodes cannot be reached" in reply.body and b"Nothing was changed" in reply.body
        if self.pauses.fault == LEADER_KILLED and is_early:
            self.ledger.violation("refused early", f"after {reply.seconds:.1f} s: {reply.body[:300]!r}")
        return super().may_repeat(reply)


class ClusterRounds:
    def __init__(self, plan: Plan, folder: Path):
        followers.KEPT = KEPT
        self.plan = plan
        self.ledger = Ledger(plan.seed)
        self.pauses = Pauses(self.ledger)
        self.nats = NATSCluster(folder)
        self.link = Link([server.port for server in self.nats.servers])
        self.nodes: list[Node] = []
        self.ports: list[int] = []
        self.seeds = random.Random(plan.seed)
        self.verifier = Verifier(self.ledger, self.entrance())
        self.started = self.ended = 0.0
        self.figures: list[dict] = []

    def entrance(self) -> Entrance:
        return Entrance(self.ports, self.seeds.random())

    async def start(self, number: int) -> Node:
        """Starts a node; the last one reaches the NATS servers by the link."""
        addresses = self.addresses if number == 2 else self.nats.addresses
        return await asyncio.to_thread(Node, self.plan.binary, f"node-{number}", addresses)

    def open(self, nodes: list[Node]) -> None:
        self.ports[:] = [node.port for node in nodes]

    async def run(self) -> None:
        self.addresses = await self.link.open()
        tasks: list[asyncio.Task] = []
        try:
            self.nodes = [await self.start(number) for number in range(3)]
            await asyncio.to_thread(await_nodes, self.nodes)
            self.open(self.nodes)
            self.started = time.monotonic()
            reporters = [
                TimedReporter(n, self.ledger, self.entrance(), self.seeds.random(), self.pauses)
                for n in range(self.plan.workers)
            ]
            watching = [
                followers.Follower(self.ledger, self.entrance(), self.seeds.random()) for _ in range(self.plan.watchers)
            ]
            working = [asyncio.create_task(reporter.work()) for reporter in reporters]
            tasks = working + [asyncio.create_task(follower.follow()) for follower in watching]
            tasks.append(asyncio.create_task(self.pauses.watch()))
            await self.faults(tasks)
            while len(self.ledger.runs) < self.plan.operations:
                await self.calm("after", tasks)
            await self.finish(working, watching)
            self.raise_failure(tasks)
        finally:
            for task in tasks:
                task.cancel()
            for node in self.nodes:
                node.stop()
            self.link.close()
            self.nats.close()

    async def calm(self, name: str, tasks: list[asyncio.Task]) -> None:
        self.pauses.fault = name
        await asyncio.sleep(self.plan.calm)
        self.raise_failure(tasks)
        for node in self.nodes:
            if node.process.poll() is not None:
                raise Failure(f"{node.name} has ended with {node.process.returncode}; its log:\n{node.tail()}")

    @staticmethod
    def raise_failure(tasks: list[asyncio.Task]) -> None:
        for task in tasks:
            if task.done() and task.exception():
                raise task.exception()

    # The faults

    async def faults(self, tasks: list[asyncio.Task]) -> None:
        await self.calm("before", tasks)
        self.pauses.fault = LEADER_KILLED
        leader = await asyncio.to_thread(self.nats.leader)
        leader.kill()
        await asyncio.sleep(6)
        leader.start()
        await self.calm("the leader is back", tasks)
        self.pauses.fault = "a follower stopped"
        follower = await asyncio.to_thread(self.nats.follower)
        follower.stop()
        await asyncio.sleep(6)
        follower.proceed()
        await self.calm("the follower is back", tasks)
        for number in range(3):
            await self.restart(number, by_force=number == 1)
            await self.calm(f"node {number} is back", tasks)
        self.pauses.fault = "node 2 cut off"
        self.open(self.nodes[:2])
        self.link.cut()
        await asyncio.sleep(self.plan.cut)
        self.link.heal()
        await asyncio.to_thread(await_nodes, self.nodes)
        # The node gives up what the others have taken over before it serves again.
        await asyncio.sleep(2)
        self.open(self.nodes)
        await self.calm("node 2 is back", tasks)

    async def restart(self, number: int, by_force: bool) -> None:
        self.pauses.fault = f"{'kill -9' if by_force else 'restart'} of node {number}"
        node = self.nodes[number]
        self.open([other for other in self.nodes if other is not node])
        if by_force:
            node.kill()
        else:
            code = await asyncio.to_thread(node.stop)
            self.ledger.check(code == 0, "exit code", f"{code} after SIGTERM:\n{node.tail()}")
        self.nodes[number] = await self.start(number)
        await asyncio.to_thread(await_nodes, self.nodes)
        self.open(self.nodes)

    async def finish(self, working: list[asyncio.Task], watching: list) -> None:
        """Lets the workers end, and compares each operation at each node with what was acknowledged."""
        self.ledger.is_stopping = True
        self.pauses.stop()
        self.ended = time.monotonic()
        await asyncio.wait_for(asyncio.gather(*working), 90)
        await self.verifier.finish(watching)
        for node in self.nodes:
            self.open([node])
            await self.verifier.verify(self.ledger.runs.values())
        self.figures = [node.metrics() for node in self.nodes]

    def table(self) -> str:
        counters, seconds = self.ledger.counters, self.ended - self.started
        rows = {
            "operations": f"{len(self.ledger.runs):,}, compared {self.verifier.checked:,} times",
            "reports acknowledged": f"{counters.acknowledged:,}, {counters.acknowledged / seconds:,.0f} a second",
            "answers acknowledged": f"{counters.answers:,}",
            "reports repeated": f"{counters.retried:,}, after a 503: {counters.unavailable:,}",
            "lost": f"{counters.lost:,}",
            "duplicates": f"{counters.duplicates:,}",
            "messages to watchers": f"{counters.messages:,}, {counters.skipped:,} revisions skipped, as the messages state",
            "watchers' reconnects": f"{counters.reconnects:,}",
            "resumed exactly": f"{counters.exact:,}, over a takeover {len(self.ledger.crossings):,}",
            "restarted at the newest": f"{counters.restarted:,}",
            "ends seen by watchers": f"{len(self.ledger.last_seen):,}",
            "violations": f"{sum(self.ledger.violations.values()):,} {dict(self.ledger.violations) or ''}",
        }
        for fault, pause in self.pauses.longest.items():
            slowest = self.pauses.slowest.get(fault, 0)
            rows[fault] = f"no acknowledgement for {pause:.1f} s, slowest report {slowest:.1f} s"
        for name in ("copy_repairs", "forwarded_requests", "taken_over_operations", "write_conflicts"):
            values = [f"{figures[f'live_progress_{name}_total']:,.0f}" for figures in self.figures]
            rows[f"{name.replace('_', ' ')}, of each node"] = ", ".join(values)
        return "\n".join(f"{name:48}{value}" for name, value in rows.items())

    def expect_no_violations(self) -> None:
        if self.ledger.violations:
            raise Failure("\n".join([f"seed {self.plan.seed}", *self.ledger.examples, self.table()]))


def run_rounds(plan: Plan, folder: Path) -> ClusterRounds:
    """Runs all faults; raises a failure with the first violations of each kind."""
    rounds = ClusterRounds(plan, folder)
    asyncio.run(rounds.run())
    rounds.expect_no_violations()
    return rounds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", type=Path, default=ROOT / "bin" / "live-progress")
    parser.add_argument("--operations", type=int, default=Plan.operations)
    parser.add_argument("--workers", type=int, default=Plan.workers)
    parser.add_argument("--watchers", type=int, default=Plan.watchers)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31))
    folder = Path(tempfile.mkdtemp(prefix="cluster-rounds-"))
    try:
        options = vars(parser.parse_args())
        print(f"seed {options['seed']}, files in {folder}", flush=True)
        print(run_rounds(Plan(**options), folder).table())
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
