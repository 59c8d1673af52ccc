# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The library that makes a disk fail, against SQLite itself: without this, a test of the store could pass for a wrong reason."""

from __future__ import annotations

import contextlib
import random
import sqlite3
import subprocess
import sys

import pytest
from faults import Faults
from harness import expect, expect_equal, plain_environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a library for Linux")
DICE = random.Random(1)
COMMITS = """
import sqlite3, sys
base = sqlite3.connect(sys.argv[1], isolation_level=None)
base.execute("PRAGMA journal_mode=WAL")
base.execute("PRAGMA synchronous=" + sys.argv[2])
base.execute("PRAGMA wal_autocheckpoint=40")
base.execute("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY, filler BLOB)")
(first,) = base.execute("SELECT coalesce(max(n), 0) FROM t").fetchone()
for n in range(first + 1, first + 1 + int(sys.argv[3])):
    base.execute("INSERT INTO t VALUES (?, randomblob(abs(random()) % 6000))", (n,))
    if n % 7 == 0:
        base.execute("UPDATE t SET filler = randomblob(100) WHERE n = ?", (n // 2,))
    print(n, flush=True)
print("done", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def faults(tmp_path) -> Faults:
    return Faults(tmp_path)


def committed(faults: Faults, synchronous: str, count: int, **options) -> list[str]:
    """Commits rows in a process and kills it; returns what it said to have committed."""
    command = [sys.executable, "-c", COMMITS, str(faults.store), synchronous, str(count)]
    variables = plain_environment(**faults.environment(**options))
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables, text=True)
    said = []
    for line in process.stdout:
        said.append(line.strip())
        if line == "done\n" or (count > 1000 and len(said) >= DICE.randint(30, 300)):
            break
    process.kill()
    rest = process.stdout.read().split()
    process.wait()
    return [word for word in said + rest if word != "done"]


def newest_row(faults: Faults) -> int:
    """Returns the last row of the store after a check of the whole file; 0 without the table."""
    with contextlib.closing(sqlite3.connect(faults.store)) as base:
        expect_equal(base.execute("PRAGMA integrity_check").fetchall(), [("ok",)], "the integrity of the image")
        if not base.execute("SELECT 1 FROM sqlite_schema").fetchone():
            return 0
        count, newest = base.execute("SELECT count(*), coalesce(max(n), 0) FROM t").fetchone()
        expect_equal(count, newest, "the rows up to the newest")
        return newest


def test_full_synchronization(faults):
    """A power loss loses no commit of SQLite with synchronous=FULL, early pages or none, and the image is sound."""
    before = 0
    for seed in (None, 1, 2, 3):
        for _ in range(3):
            said = committed(faults, "FULL", 100_000, early=seed)
            faults.lose_power()
            newest = newest_row(faults)
            expect(int(said[-1]) <= newest <= int(said[-1]) + 1, f"{said[-1]} is committed, the image has {newest}")
            expect(newest > before, "each process commits more")
            before = newest


def test_no_synchronization(faults):
    """A power loss loses the commits of SQLite with synchronous=OFF."""
    said = committed(faults, "OFF", 20)
    expect_equal(newest_row(faults), int(said[-1]), "the rows after a kill alone")
    committed(faults, "OFF", 15)
    expect(faults.lose_power() > 0, "nothing was lost")
    expect(newest_row(faults) < int(said[-1]) + 15, "all commits are in the image")


WRITES = """
import os, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
for page in sys.argv[3]:
    os.pwrite(fd, page.encode() * 4096, 4096 * (ord(page) - ord("a")))
if sys.argv[2] == "sync":
    os.fdatasync(fd)
"""


def test_pages_of_an_earlier_process(faults):
    """What an earlier process wrote and did not sync is lost too, until a later process syncs the file."""
    image = faults.image / faults.store.name
    for synchronizes, pages, kept in (("no", "ab", ""), ("no", "c", ""), ("sync", "d", "abcd"), ("no", "efg", "abcd")):
        command = [sys.executable, "-c", WRITES, str(faults.store), synchronizes, pages]
        subprocess.run(command, env=plain_environment(**faults.environment()), check=True)
        text = image.read_bytes().decode()
        expect_equal(text[::4096], kept, f"the pages in the image after {pages} ({synchronizes})")
    expect_equal(faults.lose_power(), 3 * 4096, "the lost bytes")


ATTEMPT = """
import sqlite3, sys, time
base = sqlite3.connect(sys.argv[1], isolation_level=None)
base.execute("PRAGMA journal_mode=WAL")
base.execute("PRAGMA synchronous=FULL")
base.execute("CREATE TABLE t (n INTEGER)")
print("ready", flush=True)
for line in sys.stdin:
    started = time.monotonic()
    try:
        base.execute("INSERT INTO t VALUES (1)")
        print("ok", time.monotonic() - started, flush=True)
    except sqlite3.Error as error:
        print(str(error).replace(" ", "-"), time.monotonic() - started, flush=True)
"""


def test_modes(faults):
    """Each mode fails the commits of SQLite with its own error, only while it is set, and counts the calls."""
    command = [sys.executable, "-c", ATTEMPT, str(faults.store)]
    variables = plain_environment(**faults.environment())
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=variables, text=True) as process:
        expect_equal(process.stdout.readline(), "ready\n", "the process")

        def commit(mode: str) -> tuple[str, float]:
            faults.set(mode, 200)
            process.stdin.write("\n")
            process.stdin.flush()
            outcome, seconds = process.stdout.readline().split()
            return outcome, float(seconds)

        syncs = faults.syncs
        for mode, error in (("full", "database-or-disk-is-full"), ("readonly", "disk-I/O-error"), ("eio", "disk-I/O-error")):
            failures = faults.failures
            expect_equal(commit(mode)[0], error, mode)
            expect(faults.failures > failures, f"the failures of {mode} are counted")
            expect_equal(commit("ok")[0], "ok", f"after {mode}")
        expect(faults.syncs >= syncs + 3, "the syncs are counted")
        outcome, seconds = commit("slow")
        expect(outcome == "ok" and seconds > 0.2, f"a slow commit: {outcome} after {seconds} s")
        expect(commit("ok")[1] < 0.2, "a commit is fast again")
        process.kill()
    faults.lose_power()
    with contextlib.closing(sqlite3.connect(faults.store)) as base:
        expect_equal(base.execute("SELECT count(*) FROM t").fetchone(), (5,), "the rows after a power loss")


ESCAPES = (
    "os.dup(fd)",
    "os.writev(fd, [b'x'])",
    "mmap.mmap(fd, 1, mmap.MAP_SHARED)",
    "os.open(path, os.O_WRONLY | os.O_APPEND)",
    "os.rename(path, '/tmp/elsewhere')",
    "os.truncate(path, 0)",
)


@pytest.mark.parametrize("call", ESCAPES)
def test_escapes(faults, call):
    """A call that the library cannot imitate ends the process, so that no test passes by mistake."""
    code = f"import mmap, os, sys; path = sys.argv[1]; fd = os.open(path, os.O_RDWR | os.O_CREAT); os.write(fd, b'x'); {call}"
    command = [sys.executable, "-c", code, str(faults.store)]
    ended = subprocess.run(command, env=plain_environment(**faults.environment()), capture_output=True, text=True)
    expect("cannot imitate" in ended.stderr and ended.returncode < 0, f"{ended.returncode}: {ended.stderr}")
