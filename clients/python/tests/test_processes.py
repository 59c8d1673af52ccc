# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Processes that fork, spawn, exit and die: each reports its own counts once, and no process waits forever."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
import threading
import urllib.request

import pytest
from support import only, plain_environment, run_file, run_python

ENDED = ("succeeded", "failed", "cancelled")


def test_the_child_of_a_fork_counts_and_the_parent_ends(own_server):
    code = """
        import os, sys, live_progress
        with live_progress.operation("Fork", total=90) as op:
            op.update("Before"); op.advance(10)
            assert op.flush(20)  # otherwise this report may arrive after the reports of the children
            children = []
            for number in range(3):
                child = os.fork()
                if child == 0:
                    # The child unwinds the copied stack, like a worker that calls sys.exit.
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
    # The server delays the first request, so that other reports wait during the fork.
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


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_handle_in_another_process_waits_for_the_creation(scripted, tmp_path, method):
    code = """
        import multiprocessing, live_progress
        def work(op): op.advance(5)
        if __name__ == "__main__":
            op = live_progress.operation("Early")
            child = multiprocessing.get_context(METHOD).Process(target=work, args=(op,))
            child.start(); child.join()
            op.succeed()
        """
    created, refusals = threading.Event(), []

    def answer(call):
        if call.method == "POST":
            return (201, {}, {}) if created.wait(60) else "drop"
        if not created.is_set():
            refusals.append(call)
            if len(refusals) == 15:
                created.set()
            return 404, {}, {}
        return 200, {}, {}

    scripted.answer = answer
    run_file(tmp_path, code.replace("METHOD", repr(method)), LIVE_PROGRESS_SERVER=scripted.url)
    taken = [report for call in scripted.calls if call not in refusals for report in call.reports]
    assert sum(report.get("advance", 0) for report in taken) == 5
    assert taken[-1]["status"] == "succeeded"


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


@pytest.mark.skipif(shutil.which("gunicorn", path=os.path.dirname(sys.executable)) is None, reason="needs gunicorn")
def test_gunicorn_with_preload(own_server, tmp_path):
    (tmp_path / "application.py").write_text(
        textwrap.dedent(
            """
            import live_progress
            # The master also reports, before it forks.
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
