# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Kills the server again and again while workers report durably and watchers follow, and checks that nothing is lost.

    .venv/bin/python Tests/EndToEnd/durability/crash_rounds.py --rounds 100 --power-loss 20

The server's file, the workers and the watchers live through all rounds. In the rounds with a power loss the server's files are
replaced, after the kill, by what the server had synced. `test_crash_rounds.py` runs a few rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent)]

from faults import Faults  # noqa: E402
from followers import Follower  # noqa: E402
from harness import ROOT, Failure, plain_environment, spawned  # noqa: E402
from keepalive import Place  # noqa: E402
from ledger import Ledger  # noqa: E402
from reporters import Reporter  # noqa: E402
from storeserver import StoreServer  # noqa: E402
from verifier import Verifier  # noqa: E402


@dataclass
class Plan:
    binary: Path
    rounds: int = 100
    power_loss: int = 0
    workers: int = 24
    watchers: int = 12
    shortest: float = 0.1
    longest: float = 1.5
    seed: int = 1


class CrashRounds:
    """One series of rounds."""

    def __init__(self, plan: Plan, folder: Path):
        self.plan, self.random = plan, random.Random(plan.seed)
        self.faults = Faults(folder)
        self.ledger, self.place = Ledger(plan.seed), Place()
        self.verifier = Verifier(self.ledger, self.place)
        self.losing = set(self.random.sample(range(plan.rounds), plan.power_loss))
        self.busy_seconds = 0.0
        self.lost_bytes = 0
        self.starts: list[float] = []
        self.server: StoreServer | None = None

    def start(self) -> StoreServer:
        """Starts the server; with the library that keeps the image if there are power losses."""
        variables = {}
        if self.losing:
            early = self.random.randrange(1 << 32) if self.random.random() < 0.5 else None
            variables = self.faults.environment(early=early)
        started = time.monotonic()
        self.server = StoreServer(self.plan.binary, self.faults.store, environment=variables)
        self.starts.append(time.monotonic() - started)
        return self.server

    async def run(self) -> None:
        seeds = random.Random(self.plan.seed + 1)
        reporters = [Reporter(n, self.ledger, self.place, seeds.random()) for n in range(self.plan.workers)]
        followers = [Follower(self.ledger, self.place, seeds.random()) for _ in range(self.plan.watchers)]
        working = [asyncio.create_task(reporter.work()) for reporter in reporters]
        following = [asyncio.create_task(follower.follow()) for follower in followers]
        try:
            for number in range(self.plan.rounds):
                await self.round(number)
                self.raise_failure(working + following)
            await self.finish(working, followers)
            self.raise_failure(working + following)
        finally:
            for task in working + following:
                task.cancel()
            if self.server:
                self.server.stop()

    @staticmethod
    def raise_failure(tasks: list[asyncio.Task]) -> None:
        for task in tasks:
            if task.done() and task.exception():
                raise task.exception()

    async def round(self, number: int) -> None:
        """Starts the server, checks its state, lets everyone report and watch, and kills it at a random moment."""
        server = await asyncio.to_thread(self.start)
        self.place.port = server.port
        is_quiet = self.random.random() < 0.5
        if is_quiet:
            await self.verifier.verify(self.verifier.some(), is_quiet=True)
        self.place.open(server.port)
        started = time.monotonic()
        checking = asyncio.create_task(self.verifier.verify([] if is_quiet else self.verifier.some()))
        await asyncio.sleep(self.random.uniform(self.plan.shortest, self.plan.longest))
        if server.process.poll() is not None:
            raise Failure(f"the server has ended with {server.process.returncode}; its log:\n{server.tail()}")
        server.process.kill()
        self.busy_seconds += time.monotonic() - started
        self.place.close()
        await asyncio.to_thread(server.process.wait)
        await checking
        if number in self.losing:
            self.lost_bytes += self.faults.lose_power()
        elif self.random.random() < 0.2:
            await asyncio.to_thread(self.kill_while_starting)

    def kill_while_starting(self) -> None:
        """Starts the server, and kills it before or shortly after it listens."""
        variables = self.faults.environment() if self.losing else {}
        command = [str(self.plan.binary), *StoreServer.serve(self.faults.store)]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        with spawned(command, env=plain_environment(**variables), **quiet):
            time.sleep(self.random.uniform(0, max(self.starts[-5:])))

    async def finish(self, working: list[asyncio.Task], followers: list[Follower]) -> None:
        """After the rounds: lets the workers stop, and checks everything before and after an orderly restart."""
        self.ledger.is_stopping = True
        for _ in range(2):
            server = await asyncio.to_thread(self.start)
            self.place.open(server.port)
            await asyncio.wait_for(asyncio.gather(*working), 60)
            await self.verifier.finish(followers)
            self.place.close()
            code = await asyncio.to_thread(server.stop)
            self.ledger.check(code == 0, "exit code", f"{code} after SIGTERM:\n{server.tail()}")

    def table(self) -> str:
        counters = self.ledger.counters
        rows = {
            "rounds": f"{self.plan.rounds}, {len(self.losing)} with a power loss (lost bytes: {self.lost_bytes:,})",
            "operations": f"{len(self.ledger.runs):,}, compared {self.verifier.checked:,} times",
            "reports acknowledged": f"{counters.acknowledged:,}",
            "answers acknowledged": f"{counters.answers:,}",
            "reports repeated": f"{counters.retried:,}, after a 503: {counters.unavailable:,}",
            "reports a second": f"{self.rate():,.0f} while the server was up ({self.busy_seconds:.0f} s)",
            "lost": f"{counters.lost:,}",
            "duplicates": f"{counters.duplicates:,}",
            "messages to watchers": f"{counters.messages:,}",
            "watchers' reconnects": f"{counters.reconnects:,}",
            "resumed exactly": f"{counters.exact:,}, over a crash into a new generation {len(self.ledger.crossings):,}",
            "restarted at the newest": f"{counters.restarted:,}",
            "seconds to start": f"{sum(self.starts) / len(self.starts):.2f} on average, at most {max(self.starts):.2f}",
            "violations": f"{sum(self.ledger.violations.values()):,} {dict(self.ledger.violations) or ''}",
        }
        return "\n".join(f"{name:22}{value}" for name, value in rows.items())

    def rate(self) -> float:
        return self.ledger.counters.acknowledged / max(self.busy_seconds, 0.001)

    def expect_no_violations(self) -> None:
        if self.ledger.violations:
            raise Failure("\n".join([f"seed {self.plan.seed}", *self.ledger.examples, self.table()]))


def run_rounds(plan: Plan, folder: Path) -> CrashRounds:
    """Runs all rounds; raises a failure with the first violations of each kind."""
    rounds = CrashRounds(plan, folder)
    asyncio.run(rounds.run())
    rounds.expect_no_violations()
    return rounds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--binary", type=Path, default=ROOT / "bin" / "live-progress")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--power-loss", type=int, default=0, help="the number of rounds with a power loss")
    parser.add_argument("--workers", type=int, default=Plan.workers)
    parser.add_argument("--watchers", type=int, default=Plan.watchers)
    parser.add_argument("--longest", type=float, default=Plan.longest, help="the longest round in seconds")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 31))
    parser.add_argument("--minimum-rate", type=float, default=0, help="fail below this number of reports a second")
    folder = Path(tempfile.mkdtemp(prefix="crash-rounds-"))
    try:
        options = vars(parser.parse_args())
        minimum = options.pop("minimum_rate")
        print(f"seed {options['seed']}, files in {folder}", flush=True)
        rounds = run_rounds(Plan(**options), folder)
        print(rounds.table())
        if rounds.rate() < minimum:
            raise Failure(f"fewer than {minimum:.0f} reports a second")
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
