# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The operation of LIVE_PROGRESS_URL with LIVE_PROGRESS_OWNER=1: the first operation of the program ends it."""

from __future__ import annotations

import json

import pytest
from support import API, request, run_file, run_python


def hand_over(server, name, **members):
    """Creates a pending operation, and returns its URL and the environment of its owner."""
    request("POST", server.url + API, {"id": name, "title": "Handed over", "cancellable": True, **members})
    url = f"{server.url}{API}/{name}"
    return url, {"LIVE_PROGRESS_URL": url, "LIVE_PROGRESS_OWNER": "1"}


def test_the_first_operation_reports_and_ends(server):
    url, owner = hand_over(server, "owned")
    code = """
        from live_progress import operation
        with operation("Inner", total=3, unit="rows") as op:
            print(op.url)
            op.update("Reading", file="a.csv"); op.advance(3)
            op.succeed({"rows": 3})
        """
    assert run_python(code, **owner).stdout == url + "\n"
    snapshot = server.get(url)
    assert (snapshot["status"], snapshot["title"], snapshot["result"]) == ("succeeded", "Handed over", {"rows": 3})
    progress = snapshot["progress"]
    assert (progress["completedCount"], progress["totalCount"], progress["unit"]) == (3, 3, "rows")
    assert [item["id"] for item in server.list()].count("owned") == 1


def test_a_loop_ends_the_operation(server):
    url, owner = hand_over(server, "owned-loop")
    run_python("from live_progress import track\nfor row in track(range(100), 'Import', unit='rows'): pass", **owner)
    snapshot = server.get(url)
    assert (snapshot["status"], snapshot["progress"]["completedCount"]) == ("succeeded", 100)


def test_reports_before_the_operation_do_not_end_it(server):
    url, owner = hand_over(server, "owned-later")
    code = """
        from live_progress import current, operation
        current().log("reading the settings"); current().advance(2)
        with operation("Inner") as op:
            op.advance(3)
        """
    run_python(code, **owner)
    snapshot = server.get(url)
    assert (snapshot["status"], snapshot["progress"]["completedCount"]) == ("succeeded", 5)
    assert snapshot["details"] == {"line": "reading the settings"}


@pytest.mark.parametrize(
    "work, problem",
    [
        ("with operation('Inner'): raise ValueError('row 3 is broken')", ("ValueError", "row 3 is broken")),
        ("op = operation('Inner'); op.fail('No disk', '0 bytes')", ("No disk", "0 bytes")),
        ("op = operation('Inner'); op.advance()", ("Abandoned", "The process exited before the operation ended.")),
    ],
)
def test_a_failure_has_its_problem(server, work, problem):
    url, owner = hand_over(server, f"owned-fails-{problem[0].replace(' ', '-')}")
    run_python(f"from live_progress import operation\n{work}", check=False, **owner)
    snapshot = server.get(url)
    assert snapshot["status"] == "failed"
    assert (snapshot["error"]["title"], snapshot["error"]["detail"]) == problem


def test_a_request_to_stop_cancels(server):
    url, owner = hand_over(server, "owned-stops")
    request("POST", url + "/cancel")
    code = """
        from live_progress import track, Cancelled
        def endless():
            while True: yield 1
        try:
            for _ in track(endless(), "Endless"): pass
        except Cancelled: print("stopped")
        """
    assert run_python(code, **owner).stdout == "stopped\n"
    assert server.get(url)["status"] == "cancelled"


def test_operations_within_the_first_change_neither_its_counts_nor_its_end(server):
    url, owner = hand_over(server, "owned-nested")
    code = """
        from live_progress import track, operation, flush
        with operation("Outer", total=3, unit="steps") as op:
            op.advance()
            for row in track(range(10), "Load", unit="rows"): pass
            try:
                with operation("Check", total=5) as check: check.advance(4); raise ValueError("no")
            except ValueError: pass
            assert flush(5)
            import json, urllib.request
            with urllib.request.urlopen(op.url) as answer: print(answer.read().decode())
            op.advance(2)
        """
    process = run_python(code, **owner)
    within = json.loads(process.stdout)
    assert (within["status"], within["state"]) == ("running", "Check: failed")
    assert (within["progress"]["completedCount"], within["progress"]["totalCount"]) == (1, 3)
    snapshot = server.get(url)
    progress = snapshot["progress"]
    assert (snapshot["status"], progress["completedCount"], progress["unit"]) == ("succeeded", 3, "steps")


def test_operations_after_the_first_report_nowhere(server):
    url, owner = hand_over(server, "owned-then")
    code = """
        from live_progress import operation, current, flush
        with operation("First") as op: op.succeed(1)
        assert flush(5)
        with operation("Second", total=2) as op:
            op.update("Late"); op.advance(2); current().log("late")
            print(repr(op.url), op.refusal, op.flush(5))
        """
    process = run_python(code, **owner)
    assert (process.stdout, process.stderr) == ("'' None True\n", "")
    snapshot = server.get(url)
    assert (snapshot["status"], snapshot["result"], snapshot["progress"]) == ("succeeded", 1, None)
    assert snapshot["state"] != "Late"


def test_a_program_that_the_owner_starts_is_a_guest(server):
    url, owner = hand_over(server, "owned-starts")
    code = """
        import subprocess, sys
        from live_progress import operation
        child = "from live_progress import operation\\nwith operation('Child') as op: op.advance(2); op.succeed(2)"
        with operation("Parent") as op:
            subprocess.run([sys.executable, "-c", child], check=True)
            op.advance(1)
            op.succeed(1)
        """
    run_python(code, **owner)
    snapshot = server.get(url)
    assert (snapshot["status"], snapshot["result"], snapshot["progress"]["completedCount"]) == ("succeeded", 1, 3)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_the_workers_of_a_pool_do_not_end_it(server, tmp_path, method):
    url, owner = hand_over(server, f"owned-pool-{method}")
    code = """
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor
        from live_progress import operation

        def work(number):
            with operation(f"Item {number}") as item: item.advance()
            return item.flush(20)

        if __name__ == "__main__":
            context = multiprocessing.get_context(METHOD)
            with ProcessPoolExecutor(2, mp_context=context) as pool: assert all(pool.map(work, range(4)))
            with operation("Last") as op: op.succeed("last")
        """
    run_file(tmp_path, code.replace("METHOD", repr(method)), **owner)
    snapshot = server.get(url)
    assert (snapshot["status"], snapshot["result"]) == ("succeeded", "last")


def test_only_the_value_1_makes_an_owner(server):
    url, owner = hand_over(server, "owned-not")
    code = "from live_progress import operation\nwith operation('Inner') as op: op.advance(2)"
    for value in ("", "0"):
        run_python(code, **{**owner, "LIVE_PROGRESS_OWNER": value})
    assert server.get(url)["status"] == "running"


def test_a_server_of_the_program_takes_no_ownership(server, own_server):
    url, owner = hand_over(server, "owned-elsewhere")
    code = f"""
        from live_progress import operation
        with operation("Elsewhere", server={own_server.url!r}): pass
        with operation("Here") as op: op.succeed("here")
        """
    run_python(code, **owner)
    assert [item["title"] for item in own_server.list()] == ["Elsewhere"]
    assert (server.get(url)["status"], server.get(url)["result"]) == ("succeeded", "here")
