# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A server whose date is wrong (libfaketime): neither a restart nor a jump of the clock ends or removes an operation early."""

from __future__ import annotations

import glob
import json
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest
from harness import BASE, Failure, expect, expect_equal, request
from storeserver import StoreServer

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the date is faked by a library for Linux")
DAY = 86_400
LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/lib*/faketime/libfaketimeMT.so.1")
LEASE = 1.0
"""The lease of the operations whose worker must report, in seconds; the grace after it is five minutes."""
WATCHED = 3.0


class Clock:
    """A date of a server that a test sets, with an offset in seconds; only the date, as monotonic clocks never jump."""

    def __init__(self, folder: Path):
        found = [path for pattern in LIBRARIES for path in glob.glob(pattern)]
        if not found:
            raise Failure("libfaketime is missing; install the package faketime")
        self.library, self.file = found[0], folder / "date"
        self.set(0)

    def set(self, offset: int) -> None:
        self.offset = offset
        self.file.write_text(f"{offset:+d}\n")

    @property
    def environment(self) -> dict[str, str]:
        variables = {"LD_PRELOAD": self.library, "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1"}
        return {**variables, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"}


class Life:
    """Operations of each kind, in a store that outlives its servers."""

    def __init__(self, binary: Path, folder: Path):
        self.binary, self.store, self.clock = binary, folder / "store.sqlite", Clock(folder)
        self.server: StoreServer | None = None
        self.steps = 0

    def start(self, offset: int) -> None:
        self.close()
        self.clock.set(offset)
        # Without the launcher the library moves the environment of the server, and Swift then finds no arguments.
        launcher = Path("/usr/bin/env")
        self.server = StoreServer(self.binary, self.store, environment=self.clock.environment, launcher=launcher)

    def close(self) -> None:
        if self.server:
            self.server.kill()
        self.server = None

    def report(self, name: str, **report: object) -> dict:
        fields = {"Content-Type": "application/json", "Prefer": "durable"}
        answer = request("PUT", f"{self.server.url}{BASE}/{name}", fields, json.dumps(report).encode())
        expect(answer.status < 300, f"the report of {name} was answered {answer.status}: {answer.body[:300]!r}")
        return answer.json

    def create(self) -> None:
        """One operation whose worker goes on, two that fall silent, and one that has ended."""
        self.report("working", state="Begun", lease=LEASE)
        self.report("silent", state="Begun", lease=LEASE)
        self.report("patient", state="Begun", lease=3600)
        self.report("ended", state="Begun")
        self.report("ended", state="Done", status="succeeded", result={"rows": 7})

    def get(self, name: str) -> dict:
        answer = request("GET", f"{self.server.url}{BASE}/{name}", {"Accept": "application/json"})
        expect_equal(answer.status, 200, f"GET {name} with a date {self.clock.offset} s off: {answer.body[:300]!r}")
        return answer.json

    def status(self, name: str) -> str:
        return self.get(name)["status"]

    def check_date(self, name: str) -> None:
        """The date of the server must be as wrong as this test wants it."""
        date = datetime.fromisoformat(self.get(name)["updatedAt"])
        wrong = (date - datetime.now(timezone.utc)).total_seconds()
        expect(abs(wrong - self.clock.offset) < 60, f"the server's date is {wrong:.0f} s off, not {self.clock.offset} s")

    def check_ended(self) -> None:
        ended = self.get("ended")
        expect_equal((ended["status"], ended.get("result")), ("succeeded", {"rows": 7}), "the operation that ended")

    def work(self, seconds: float, stalled: tuple[str, ...], running: tuple[str, ...] = ()) -> None:
        """Only the worker reports for a while. Then each operation must have its expected status."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.steps += 1
            now = self.report("working", state=f"Step {self.steps}")
            expect_equal(now["status"], "running", f"the status after report {self.steps}")
            time.sleep(LEASE / 5)
            expect_equal(self.status("working"), "running", "the status of the operation whose worker goes on")
            for name in running:
                expect_equal(self.status(name), "running", f"the status of {name}")
            for name in stalled:
                expect_equal(self.status(name), "stalled", f"the status of {name}, whose grace is not over")
            self.check_ended()


@pytest.fixture
def life(binary, tmp_path):
    life = Life(binary, tmp_path)
    yield life
    life.close()


def test_start_with_another_date(life):
    """A server that starts with a date hours ahead or a year back ends nothing early, neither silent operations nor others."""
    life.start(0)
    life.create()
    for number, offset in enumerate((5 * 3600, -365 * DAY, 0)):
        life.start(offset)
        for name in ("working", "silent", "patient"):
            expect_equal(life.status(name), "stalled", f"the status of {name} after a start")
        life.check_ended()
        new = f"new-{number}"
        life.report(new, state="Begun", lease=LEASE)
        created = time.monotonic()
        life.work(LEASE / 3, ("silent", "patient"))
        if time.monotonic() < created + LEASE * 0.7:
            expect_equal(life.status(new), "running", "the status within the lease")
        life.work(WATCHED, ("silent", "patient"))
        expect_equal(life.status(new), "stalled", "the status of a new operation after its lease")
        life.check_date("working")


def test_jumps_while_it_runs(life):
    """A clock that jumps while the server runs ends and removes nothing, and no lease is over early; so after a restart."""
    life.start(0)
    life.create()
    life.work(LEASE * 1.5, (), running=("patient",))
    for offset in (2 * DAY, -365 * DAY, 5 * 3600):
        life.clock.set(offset)
        life.work(WATCHED / 2, ("silent",), running=("patient",))
        life.check_date("working")
    for offset in (5 * 3600, 0):
        life.start(offset)
        life.check_ended()
        life.work(WATCHED / 2, ("silent", "patient"))
