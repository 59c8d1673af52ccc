# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A worker in a process of its own (Examples/Sources/Worker), whose operation is on a server."""

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time

import pytest
from harness import ROOT, Failure, Lines, Server, expect, expect_equal, plain_environment, request, spawned

sys.path.insert(0, str(ROOT / "Tests" / "EndToEnd" / "durability"))
from storeserver import await_that  # noqa: E402

WORKER = ROOT / "bin" / "worker"


@contextlib.contextmanager
def worker(server, *arguments):
    """Starts a worker; the block receives its process, its output, and the link of its operation."""
    environment = plain_environment(LIVE_PROGRESS_SERVER=server.url)
    with spawned([WORKER, *arguments], stdout=subprocess.PIPE, env=environment) as process:
        lines = Lines(process.stdout)
        yield process, lines, lines.next()


def free_port():
    """Returns a free port below those that the system gives to sockets without a port."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as listener, contextlib.suppress(OSError):
            listener.bind(("127.0.0.1", port))
            return port


def snapshot(link):
    return request("GET", link).json


def count(link):
    return (snapshot(link)["progress"] or {}).get("completedCount", 0)


def fraction(state):
    return (state["progress"] or {}).get("fractionCompleted") or 0


def children(server, link):
    parent = link.rsplit("/", 1)[1]
    operations = request("GET", f"{server.url}/api/v1/progress?parent={parent}").json["operations"]
    return {operation["title"]: operation for operation in operations}


def events(binary, link):
    """Returns the messages that a watcher receives until the end of the operation."""
    watch = subprocess.run([binary, "watch", "--json", link], capture_output=True, timeout=60, env=plain_environment())
    return [json.loads(line) for line in watch.stdout.splitlines()]


def test_killed(binary):
    """After kill -9 of a worker, its watchers see the operation stalled, and then failed as worker-lost."""
    with Server(binary, environment={"LIVE_PROGRESS_LEASE": "1", "LIVE_PROGRESS_LEASE_GRACE": "1"}) as server:
        with worker(server, "count", 100_000) as (process, _, link):
            await_that(lambda: count(link) > 2, "the worker has begun")
            process.kill()
            seen = events(binary, link)
        statuses = [event["status"] for event in seen]
        expect_equal(statuses[-2:], ["stalled", "failed"], "the last statuses")
        expect_equal(seen[-1]["error"]["type"], "urn:live-progress:problem:worker-lost", "the error")


def test_cancelled(binary, server):
    """A request to cancel ends the task of the work, and the operation is cancelled."""
    with worker(server, "count", 100_000) as (process, lines, link):
        await_that(lambda: count(link) > 2, "the worker has begun")
        expect_equal(request("POST", link + "/cancel").status, 202, "the response to the request")
        expect_equal(lines.next(), "cancelled", "the worker's last line")
        expect_equal(process.wait(10), 3, "the worker's exit code")
    expect_equal(events(binary, link)[-1]["status"], "cancelled", "the end")


async def test_cancelled_on_the_page(browser, server):
    """The button of the page cancels the work."""
    with worker(server, "count", 100_000) as (process, lines, link):
        async with await browser.tab() as tab:
            await tab.go(link)
            await tab.wait_text("#title", "Worker count")
            await tab.click("#cancel")
            await tab.wait_text("#status", "Cancelled")
        expect_equal(process.wait(10), 3, "the worker's exit code")


@pytest.mark.parametrize("way", ["stopped", "killed"])
def test_server_restarted(binary, tmp_path, way):
    """While a server restarts on its store three times, its worker goes on; no report is lost, and the end arrives."""
    store = tmp_path / "progress.sqlite"
    # The port is none that the system gives to other tests meanwhile.
    serve = ("serve", "--host", "127.0.0.1", "--port", str(free_port()), "--store", str(store))
    first = Server(binary, serve=serve)
    servers = [first]
    try:
        with worker(first, "count", 300) as (process, lines, link):
            for round in range(1, 4):
                await_that(lambda: count(link) >= 50 * round, f"round {round} has begun")
                if way == "killed":
                    servers[-1].process.kill()
                    servers[-1].process.wait()
                else:
                    servers[-1].stop()
                servers.append(Server(binary, serve=serve))
            expect_equal(process.wait(60), 0, "the worker's exit code")
        end = snapshot(link)
        expect_equal(end["status"], "succeeded", "the end")
        expect_equal(end["result"], {"steps": 300}, "the result")
        expect_equal(end["progress"]["completedCount"], 300, "the count")
    finally:
        for server in servers:
            server.stop()


def next_pid(lines):
    """Returns the next process identifier in the output, into which the processes also write their links."""
    while not (line := lines.next()).isdigit():
        pass
    return int(line)


def test_divided(binary):
    """The fractions of two processes count by their weights; when one is killed, its watchers and the parent see it."""
    with Server(binary, environment={"LIVE_PROGRESS_LEASE": "1", "LIVE_PROGRESS_LEASE_GRACE": "1"}) as server:
        with worker(server, "divide", 30, 70) as (process, lines, link):
            pids = [next_pid(lines) for _ in range(2)]
            await_that(lambda: len(children(server, link)) == 2, "both parts exist")
            await_that(lambda: fraction(snapshot(link)) > 0.2, "both parts move the fraction")
            os.kill(pids[1], signal.SIGKILL)
            await_that(lambda: children(server, link)["Part of 70"]["status"] == "stalled", "the silence is seen")
            last = lines.rest()[-1]
            expect("\"Part of 70\"" in last and "failed" in last, f"the worker's last line is {last!r}")
            expect_equal(process.wait(10), 1, "the worker's exit code")
            parts = children(server, link)
        end = snapshot(link)
        lost = parts["Part of 70"]
        expect_equal(parts["Part of 30"]["status"], "succeeded", "the part that was not killed")
        expect_equal(lost["error"]["type"], "urn:live-progress:problem:worker-lost", "the error of the killed part")
        expect_equal(end["status"], "failed", "the end of the parent")
        expect(lost["id"] in end["error"]["detail"], f"the parent's error names the part: {end['error']}")
        expect_equal(end["progress"]["completedCount"], 30, "the parent's count")
        weighted = 0.3 + 0.7 * fraction(lost)
        expect(abs(fraction(end) - weighted) < 1e-6, f"the parent's fraction is not {weighted}: {end}")
        expect(0.3 < weighted < 1, f"the killed part had begun: {weighted}")


def test_divided_whole(binary, server):
    """When both processes succeed, the parent's count is whole, and its fraction has never fallen."""
    with worker(server, "divide", 30, 70) as (process, lines, link):
        seen = [fraction(event) for event in events(binary, link)]
        expect_equal(process.wait(30), 0, "the worker's exit code")
    expect_equal(seen[-1], 1, "the last fraction")
    expect_equal(seen, sorted(seen), "the fractions")
    expect(len([value for value in seen if 0 < value < 1]) > 5, f"the fraction moved: {seen}")


def test_without_server():
    """Without a server in the environment, the work runs; with one that is away, too."""
    quiet = subprocess.run([WORKER, "count", "2"], capture_output=True, timeout=20, env=plain_environment())
    expect_equal((quiet.returncode, quiet.stdout), (0, b""), "without a server")
    begun = time.monotonic()
    environment = plain_environment(LIVE_PROGRESS_SERVER="http://127.0.0.1:1")
    away = subprocess.run([WORKER, "count", "2"], capture_output=True, timeout=20, env=environment)
    expect_equal(away.returncode, 0, "with a server that is away")
    if time.monotonic() - begun > 12:
        raise Failure("the worker waited too long for a server that is away")
