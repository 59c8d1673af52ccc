# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A store that fails while the server runs: on a full, read-only, slow or broken disk, and without its file."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from pathlib import Path

import pytest
from faults import Faults
from harness import expect, expect_equal
from keepalive import Connection, Place
from storeclients import Delays, DurableWorker, PlainPair, step_of
from storeserver import StoreServer, await_that

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the disk is faked by a library for Linux")
BLOCKS, BLOCK = 3, 80
RATIO = 3.0
"""The largest ratio of two medians that are the same but for the noise of a busy machine."""
SLOW_MS = 500


class Scene:
    """A server whose store fails and recovers, workers that report durably all the time, and a plain worker with its watcher."""

    def __init__(self, binary: Path, folder: Path):
        self.binary, self.faults = binary, Faults(folder)
        self.server = StoreServer(binary, self.faults.store, environment=self.faults.environment())
        self.healthy = self.server.readiness()
        expect(self.healthy[0] == 200 and self.healthy[1].startswith("ready"), f"/readyz: {self.healthy}")
        self.place = Place()
        self.place.open(self.server.port)
        self.plain = PlainPair(self.place, "plain")
        self.workers = [DurableWorker(self.place, f"durable-{n}") for n in range(4)]
        self.before, self.during = Delays(), Delays()

    @contextlib.asynccontextmanager
    async def working(self):
        """Lets the workers report durably during the block."""
        stop = asyncio.Event()
        working = [asyncio.create_task(worker.work(stop)) for worker in self.workers]
        try:
            yield
        finally:
            stop.set()
            await asyncio.gather(*working)

    async def soon(self, condition, what: str) -> None:
        await asyncio.to_thread(await_that, condition, what)

    async def metric(self, name: str) -> float:
        return await asyncio.to_thread(self.server.metric, name)

    async def readiness(self) -> tuple[int, str]:
        return await asyncio.to_thread(self.server.readiness)

    async def recovered(self) -> None:
        """Waits until the store is up, and all that was reported is in it."""
        await self.soon(lambda: self.server.readiness() == self.healthy, f"/readyz is {self.healthy}")
        await self.soon(lambda: self.server.metric("up") == 1, "live_progress_store_up is 1")
        for worker in self.workers:
            worker.reset()
        await self.soon(lambda: all(worker.accepted > 1 for worker in self.workers), "durable reports are acknowledged again")

    async def compare(self, mode: str, in_fault) -> None:
        """Measures the plain worker and its watcher in turns, with the fault and without; `in_fault` runs in each fault."""
        await self.plain.begin()
        async with self.working():
            for _ in range(BLOCKS):
                await self.recovered()
                await self.plain.measure(self.before, BLOCK)
                self.faults.set(mode, SLOW_MS)
                await asyncio.sleep(0.05)
                for worker in self.workers:
                    worker.reset()
                await asyncio.gather(self.plain.measure(self.during, BLOCK), in_fault())
                self.faults.set("ok")
            await self.recovered()
        for what, old, new in zip(("responses", "arrivals"), self.before.medians(), self.during.medians()):
            text = f"{what} took {old * 1000:.2f} ms, and {new * 1000:.2f} ms with the fault"
            print(text)
            expect(new < old * RATIO, text)

    async def check_after_power_loss(self) -> None:
        """Kills the server, takes away what was not synced, and finds everything again."""
        await self.soon(lambda: self.server.metric("waiting_operations") == 0, "no operation waits for the store")
        self.server.kill()
        self.faults.lose_power()
        await self.check_after_start()
        connection = Connection(self.place)
        expect_equal(await step_of(connection, self.plain.path), self.plain.step, "the plain worker's last report")

    async def check_after_start(self) -> None:
        self.server.kill()
        self.server = StoreServer(self.binary, self.faults.store)
        self.place.open(self.server.port)
        connection = Connection(self.place)
        for worker in self.workers:
            expect_equal(worker.problems, [], "the responses to durable reports")
            step = await step_of(connection, worker.path)
            expect(worker.acknowledged <= step <= worker.step, f"{worker.path} is at {step}, acknowledged: {worker.acknowledged}")

    def close(self) -> None:
        self.server.stop()


@pytest.fixture
def scene(binary, tmp_path):
    scene = Scene(binary, tmp_path)
    yield scene
    scene.close()


async def check_failing(scene: Scene, words: tuple[str, ...]) -> None:
    """While the store fails: durable reports are refused, and `/readyz` and `/metrics` tell why."""
    failures = await scene.metric("commit_failures_total")
    await scene.soon(lambda: all(worker.refused > 1 for worker in scene.workers), "durable reports are refused")
    accepted = sum(worker.accepted for worker in scene.workers)
    await scene.soon(lambda: scene.server.metric("up") == 0, "live_progress_store_up is 0")
    await scene.soon(lambda: scene.server.metric("commit_failures_total") > failures, "failures are counted")
    expect(await scene.metric("waiting_operations") > 0, "no operation waits for the store")
    status, text = await scene.readiness()
    expect((status, text) != scene.healthy, "/readyz does not tell that the store fails")
    expect(status == 200 and "store" in text and any(word in text.lower() for word in words), f"/readyz: {status} {text!r}")
    expect_equal(sum(worker.accepted for worker in scene.workers), accepted, "acknowledged reports in the fault")
    await check_answer(scene)


async def check_answer(scene: Scene) -> None:
    """An answer, which a working store commits before the response, is given while the store fails too."""
    connection, path = Connection(scene.place), f"{scene.plain.path}-asks"
    asked = await connection.request("PUT", path, {"waitingFor": {"message": "Go on?", "choices": ["yes", "no"]}})
    expect(asked.status < 300, f"a question: {asked.status} {asked.body[:300]!r}")
    answered = await connection.request("POST", f"{path}/answer", {"answer": "no"})
    expect_equal((answered.status, answered.json["lastAnswer"]["answer"]), (200, "no"), "the answer")
    expect("preference-applied" not in answered.fields, f"a preference that was not sent: {answered.fields}")
    connection.close()


REASONS = {"full": ("full", "space"), "readonly": ("read", "i/o", "open"), "eio": ("i/o", "error")}


@pytest.mark.alone
@pytest.mark.parametrize("mode", REASONS)
async def test_failing_store(scene, mode):
    """While the store fails, reports and watchers go on, durable ones get 503, and nothing acknowledged is lost (invariant 9)."""
    await scene.compare(mode, lambda: check_failing(scene, REASONS[mode]))
    await scene.check_after_power_loss()


@pytest.mark.alone
async def test_slow_store(scene):
    """While the store is slow, reports and watchers go on, and durable reports are answered late or get 503."""

    async def check() -> None:
        await asyncio.sleep(3 * SLOW_MS / 1000)
        slowest = max(worker.slowest for worker in scene.workers)
        refused = sum(worker.refused for worker in scene.workers)
        expect(refused or slowest > 0.8 * SLOW_MS / 1000, f"the slowest durable report took {slowest:.2f} s")

    await scene.compare("slow", check)
    await scene.check_after_power_loss()


@pytest.mark.parametrize("suffixes", [("",), ("", "-wal", "-shm")], ids=["file", "all"])
async def test_deleted_file(scene, suffixes):
    """After its file was deleted under the server, a durable report is refused, or survives."""
    async with scene.working():
        await scene.recovered()
    for suffix in suffixes:
        Path(f"{scene.faults.store}{suffix}").unlink(missing_ok=True)
    before = {worker: worker.acknowledged for worker in scene.workers}
    is_healed, deadline = False, time.monotonic() + 10
    while not is_healed and time.monotonic() < deadline:
        is_healed = all([await worker.report() for worker in scene.workers])
        await asyncio.sleep(0.1)
    if is_healed:
        await scene.soon(lambda: scene.server.readiness() == scene.healthy, "/readyz is ready again")
    else:
        expect("store" in (await scene.readiness())[1], "/readyz names the store")
    await scene.plain.send(Delays())
    if not is_healed:
        # What was acknowledged before is lost with the file.
        for worker in scene.workers:
            worker.acknowledged = -1 if worker.acknowledged == before[worker] else worker.acknowledged
    await scene.check_after_start()
