# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Processes that fork, spawn, are left and die: each tells its own, once, and none waits for ever."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import urllib.request

import pytest
from support import Server, plain_environment, run_file, run_python

ENDED = ("succeeded", "failed", "cancelled")


@pytest.fixture
def own_server():
    """A server that nobody else creates operations on."""
    with Server() as server:
        yield server


def only(server, title=None):
    found = [item for item in server.list() if title in (None, item["title"])]
    assert len(found) == 1, found
    return found[0]


def test_the_child_of_a_fork_counts_and_the_parent_ends(own_server):
    code = """
        import os, sys, live_progress
        with live_progress.operation("Fork", total=90) as op:
            op.update("Before"); op.advance(10)
            children = []
            for number in range(3):
                child = os.fork()
                if child == 0:
                    # It unwinds the copied stack, as a worker that calls sys.exit does.
                    op.advance(20)
                    live_progress.current().log(f"child {number}")
                    sys.exit(0)
                children.append(child)
            for child in children: os.waitpid(child, 0)
            assert op.flush()
            op.advance(20)
        """
    for _ in range(3):
        run_python(code, LIVE_PROGRESS_SERVER=own_server.url)
    assert len(own_server.list()) == 3
    for snapshot in own_server.list():
        assert snapshot["status"] == "succeeded"
        assert snapshot["progress"]["completedCount"] == 90
        assert snapshot["details"]["line"].startswith("child")


def test_a_child_inherits_no_queue(scripted):
    # The server holds the first request, so that all else waits as the process is forked.
    code = """
        import os, sys, live_progress
        op = live_progress.operation("Queue")
        for number in range(50): op.update(f"Parent {number}")
        child = os.fork()
        if child == 0:
            op.update("Child")
            os._exit(0 if live_progress.flush(20) else 1)
        assert os.waitpid(child, 0)[1] == 0
        op.succeed()
        """
    run_python(code, LIVE_PROGRESS_SERVER=scripted.url)
    states = [report.get("state") for call in scripted.calls for report in call.reports if call.method == "PATCH"]
    assert sorted(s for s in states if s) == sorted([f"Parent {n}" for n in range(50)] + ["Child"])
    keys = [call.key for call in scripted.calls]
    assert len(set(keys)) == len(keys)


def test_a_fork_while_threads_report_never_locks_a_child(own_server):
    code = """
        import os, threading, live_progress
        op = live_progress.operation("Busy")
        over = threading.Event()
        def work():
            while not over.is_set(): op.update("Working"); op.advance()
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads: thread.start()
        for _ in range(30):
            child = os.fork()
            if child == 0:
                op.update("Child"); op.advance()
                with live_progress.operation("Own"): pass
                os._exit(0)
            assert os.waitpid(child, 0)[1] == 0
        over.set()
        for thread in threads: thread.join()
        op.succeed()
        """
    run_python(code, timeout=30, LIVE_PROGRESS_SERVER=own_server.url)


POOL = """
    import multiprocessing, sys, live_progress
    from concurrent.futures import ProcessPoolExecutor

    def work(argument):
        op, number = argument
        op.advance(number)
        with live_progress.operation(f"Item {number}", parent=op) as item:
            item.advance()
        return number

    if __name__ == "__main__":
        with live_progress.operation("Pool", total=15) as op:
            context = multiprocessing.get_context(sys.argv[1] if len(sys.argv) > 1 else METHOD)
            with ProcessPoolExecutor(2, mp_context=context) as pool:
                assert sum(pool.map(work, [(op, n) for n in range(1, 6)])) == 15
    """


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_the_workers_of_a_pool_report_on_the_operation_they_are_handed(own_server, tmp_path, method):
    run_file(tmp_path, POOL.replace("METHOD", repr(method)), LIVE_PROGRESS_SERVER=own_server.url)
    pool = only(own_server, "Pool")
    assert (pool["status"], pool["progress"]["completedCount"]) == ("succeeded", 15)
    items = [item for item in own_server.list() if item["title"].startswith("Item")]
    assert [item["status"] for item in items] == ["succeeded"] * 5
    assert {item["parent"] for item in items} == {pool["id"]}


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_process_of_multiprocessing_ends_its_own_operations(own_server, tmp_path, method):
    code = """
        import multiprocessing, live_progress
        def work(number):
            for row in live_progress.track(range(10), f"Child {number}"): pass
        if __name__ == "__main__":
            context = multiprocessing.get_context(METHOD)
            children = [context.Process(target=work, args=(n,)) for n in range(3)]
            for child in children: child.start()
            for child in children: child.join()
            assert [child.exitcode for child in children] == [0] * 3
        """
    run_file(tmp_path, code.replace("METHOD", repr(method)), LIVE_PROGRESS_SERVER=own_server.url)
    assert sorted((item["title"], item["status"]) for item in own_server.list()) == [
        (f"Child {n}", "succeeded") for n in range(3)
    ]
    assert all(item["progress"]["completedCount"] == 10 for item in own_server.list())


def test_os_exit_hangs_nothing_and_flush_is_enough(own_server):
    code = """
        import os, live_progress
        op = live_progress.operation("Left")
        op.advance(3); op.succeed(FLUSH)
        os._exit(7)
        """
    process = run_python(code.replace("FLUSH", "1"), check=False, LIVE_PROGRESS_SERVER=own_server.url)
    assert process.returncode == 7
    code = code.replace("os._exit", "live_progress.flush(5); os._exit").replace("Left", "Flushed")
    run_python(code.replace("FLUSH", "2"), check=False, LIVE_PROGRESS_SERVER=own_server.url)
    flushed = only(own_server, "Flushed")
    assert (flushed["status"], flushed["result"], flushed["progress"]["completedCount"]) == ("succeeded", 2, 3)


def test_the_sender_imports_nothing_in_its_thread(own_server):
    # A fork in the middle of an import leaves the child with a module that is never loaded.
    code = """
        import sys, live_progress
        before = set(sys.modules)
        for number in range(3):
            with live_progress.operation("Imports", total=3) as op: op.update("One", a={1}); op.advance()
            assert op.flush(10)
        print(sorted(set(sys.modules) - before))
        """
    assert run_python(code, LIVE_PROGRESS_SERVER=own_server.url).stdout == "[]\n"


@pytest.mark.parametrize("way", ["end", "exit", "raise", "thread", "fork", "spawn", "_exit"])
def test_leaving_takes_at_most_two_seconds_with_a_black_hole(black_hole, tmp_path, way):
    code = """
        import atexit, time
        left = time.monotonic()
        # What is registered first is called last: it tells when all else has been left.
        atexit.register(lambda: print(time.monotonic() - left, flush=True))
        import multiprocessing, os, sys, threading, live_progress
        way = WAY
        def work():
            global left
            with live_progress.operation("Dead", total=3) as op:
                op.update("One"); op.advance()
            left = time.monotonic()
        if __name__ == "__main__":
            if way == "thread": threading.Thread(target=work).start()
            elif way == "spawn":
                child = multiprocessing.get_context("spawn").Process(target=work)
                child.start(); child.join(); left = time.monotonic()
            elif way == "fork":
                child = os.fork()
                work()
                if child == 0: sys.exit(0)
                os.waitpid(child, 0); left = time.monotonic()
            else: work()
            if way == "exit": sys.exit(0)
            if way == "raise": raise SystemExit(0)
            if way == "_exit": print(0.0, flush=True); os._exit(0)
        """
    process = run_file(tmp_path, code.replace("WAY", repr(way)), prelude="", LIVE_PROGRESS_SERVER=black_hole.url)
    times = [float(line) for line in process.stdout.split()]
    assert len(times) == (2 if way in ("fork", "spawn") else 1)
    assert max(times) < 2.0


def test_calls_take_no_time_with_a_black_hole(black_hole):
    code = """
        import time, live_progress
        longest = 0.0
        for number in range(3):
            with live_progress.operation(f"Dead {number}", total=10_000) as op:
                for _ in range(10_000):
                    begun = time.perf_counter()
                    op.update("State", a=1); op.advance()
                    longest = max(longest, time.perf_counter() - begun)
            assert op.dropped > 9_000, op.dropped
        assert longest < 0.25, longest
        """
    run_python(code, prelude="", LIVE_PROGRESS_SERVER=black_hole.url)


def test_no_server_at_all_costs_no_time_to_leave():
    code = """
        import live_progress
        for number in range(100):
            with live_progress.operation(f"Refused {number}") as op: op.advance()
        """
    run_python(code, LIVE_PROGRESS_SERVER="http://127.0.0.1:1", timeout=19)  # sooner than it may take at most


def test_an_interrupt_cancels(own_server):
    code = """
        import os, signal, live_progress
        with live_progress.operation("Interrupted") as op:
            os.kill(os.getpid(), signal.SIGINT)
            signal.pause()
        """
    process = run_python(code, check=False, LIVE_PROGRESS_SERVER=own_server.url)
    assert process.returncode == -signal.SIGINT
    assert only(own_server)["status"] == "cancelled"


def test_a_signal_handler_may_report(own_server):
    code = """
        import os, signal, live_progress
        op = live_progress.operation("Signals")
        signal.signal(signal.SIGALRM, lambda *_: (op.update("Handled"), op.advance()))
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        for _ in range(20_000): op.update("Working"); op.advance()
        signal.setitimer(signal.ITIMER_REAL, 0)
        op.succeed()
        """
    run_python(code, LIVE_PROGRESS_SERVER=own_server.url)
    assert only(own_server)["status"] == "succeeded"


@pytest.mark.skipif(shutil.which("gunicorn", path=os.path.dirname(sys.executable)) is None, reason="needs gunicorn")
def test_gunicorn_with_preload(own_server, tmp_path):
    (tmp_path / "application.py").write_text(
        textwrap.dedent(
            """
            import live_progress
            # The master reports too, before it forks.
            for row in live_progress.track(range(3), "Preload"): pass
            live_progress.flush()

            def app(environ, start_response):
                with live_progress.operation("Request", total=2) as op:
                    op.update("Answering"); op.advance(2)
                start_response("200 OK", [("Content-Type", "text/plain")])
                return [op.url.encode()]
            """
        )
    )
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "--preload",
        "--workers",
        "2",
        "--bind",
        "127.0.0.1:0",
        "application:app",
    ]
    environment = plain_environment(LIVE_PROGRESS_SERVER=own_server.url)
    process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        address = None
        for line in process.stderr:
            address = address or (re.search(r"Listening at: (http://\S+)", line) or [None, None])[1]
            if "Booting worker" in line and address:
                break
        for _ in range(6):
            with urllib.request.urlopen(address, timeout=10) as answer:
                url = answer.read().decode()
            snapshot = own_server.await_end(url)
            assert (snapshot["status"], snapshot["progress"]["completedCount"]) == ("succeeded", 2)
        assert only(own_server, "Preload")["status"] == "succeeded"
    finally:
        process.terminate()
        process.communicate(timeout=10)
