# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Reports into an operation of another program, with LIVE_PROGRESS_URL or under `live-progress run`."""

from __future__ import annotations

import subprocess
import sys
import textwrap

from support import API, BINARY, Server, plain_environment, request, run_python


def run_under(tmp_path, server, name, code):
    (tmp_path / "program.py").write_text(textwrap.dedent(code))
    command = [str(BINARY), "run", "--id", name, "--server", server.url, "--quiet", "--", sys.executable, "program.py"]
    process = subprocess.run(command, cwd=tmp_path, env=plain_environment(), capture_output=True, text=True, timeout=30)
    return process, server.get(f"{server.url}{API}/{name}")


def test_a_loop_reports_into_the_operation_it_runs_in(server, tmp_path):
    code = """
        from live_progress import track, current
        for row in track(range(100), "Import", unit="rows"): pass
        current().log("done", extra=1)
        """
    for number in range(3):
        process, snapshot = run_under(tmp_path, server, "guest", code)
        assert process.returncode == 0, process.stderr
        assert snapshot["status"] == "succeeded"
        assert snapshot["result"]["exitCode"] == 0
        progress = snapshot["progress"]
        assert (progress["completedCount"], progress["totalCount"], progress["unit"]) == (100, 100, "rows"), number
    assert len([item for item in server.list() if item["id"] == "guest"]) == 1


def test_what_fails_within_leaves_the_end_to_who_began(server, tmp_path):
    code = """
        from live_progress import operation
        with operation("Load"): raise ValueError("row 3 is broken")
        """
    process, snapshot = run_under(tmp_path, server, "guest-fails", code)
    assert process.returncode == 1
    assert snapshot["status"] == "failed"
    assert snapshot["error"]["type"].endswith(":command-failed")


def test_several_operations_are_counted_as_phases(server):
    url = f"{server.url}{API}/phases"
    request("POST", server.url + API, {"id": "phases", "title": "Outer"})
    code = """
        from live_progress import track, operation, flush, current
        for number in range(3):
            for row in track(range(10 + number), f"Phase {number}", unit="rows"): pass
        with operation("Last", total=4) as op:
            op.update("Working", file="a.csv"); op.advance(3)
            flush(5)
            print(current().url)
        """
    process = run_python(code, LIVE_PROGRESS_URL=url)
    assert process.stdout == f"{url}\n"
    snapshot = server.get(url)
    assert (snapshot["status"], snapshot["title"]) == ("running", "Outer")
    progress = snapshot["progress"]
    assert (progress["completedCount"], progress["totalCount"], progress["unit"]) == (4, None, "phases")
    assert snapshot["state"] == "Working"
    assert snapshot["details"] == {"phase": "Last", "file": "a.csv", "completedCount": 3, "totalCount": 4, "unit": None}


def test_a_request_to_stop_reaches_the_guest(server):
    url = f"{server.url}{API}/guest-stops"
    request("POST", server.url + API, {"id": "guest-stops", "cancellable": True})
    request("POST", url + "/cancel")
    code = """
        from live_progress import track, Cancelled
        def endless():
            while True: yield 1
        try:
            for _ in track(endless(), "Endless"): pass
        except Cancelled: print("stopped")
        """
    assert run_python(code, LIVE_PROGRESS_URL=url).stdout == "stopped\n"
    assert server.get(url)["state"] == "Endless: cancelled"


def test_the_workers_of_a_guest_add_up(server, tmp_path):
    url = f"{server.url}{API}/guest-pool"
    request("POST", server.url + API, {"id": "guest-pool", "totalCount": 40})
    code = """
        import os
        from live_progress import current
        current().advance(10)
        for number in range(3):
            if os.fork() == 0:
                current().advance(10)
                raise SystemExit(0)
        for number in range(3): os.wait()
        """
    run_python(code, LIVE_PROGRESS_URL=url)
    snapshot = server.get(url)
    assert (snapshot["status"], snapshot["progress"]["completedCount"]) == ("running", 40)


def test_the_address_of_a_guest_is_that_of_the_run(server, tmp_path):
    code = """
        import os
        from live_progress import operation, track
        with operation("Inner") as op:
            print(op.url, op.id, op.link, track(range(1)).operation.url)
        print(operation("Elsewhere", server="").url)
        """
    process, snapshot = run_under(tmp_path, server, "address", code)
    url = f"{server.url}{API}/address"
    assert (process.stdout, process.stderr) == (f"{url} address {url} {url}\n\n", "")
    assert snapshot["status"] == "succeeded"


def test_no_server_means_that_nothing_is_sent(scripted):
    code = """
        import live_progress
        live_progress.configure(server="", token="")
        with live_progress.operation("Nowhere") as op: live_progress.current().advance()
        print([op.url, live_progress.current().url])
        live_progress.configure(server=SERVER)
        with live_progress.operation("Somewhere", token=""): pass
        with live_progress.operation("Nowhere", server=""): pass
        """.replace("SERVER", repr(scripted.url))
    for variable, value in (("SERVER", scripted.url), ("URL", f"{scripted.url}{API}/x")):
        process = run_python(code, **{f"LIVE_PROGRESS_{variable}": value, "LIVE_PROGRESS_TOKEN": "of-the-environment"})
        assert process.stdout == "['', '']\n"
        assert {call.token for call in scripted.calls} == {None}
        assert [call.report["title"] for call in scripted.calls if call.method == "POST"] == ["Somewhere"]
        scripted.calls.clear()


def test_disabled_sends_nothing_at_all(scripted):
    code = """
        import threading
        from live_progress import track, operation, current, patch_tqdm
        for row in track(range(3), "Import", display=True): current().advance()
        with operation("Deploy") as op: op.update("A")
        print(threading.active_count())
        """
    for variable in ("LIVE_PROGRESS_SERVER", "LIVE_PROGRESS_URL"):
        url = scripted.url + (API + "/x" if variable.endswith("URL") else "")
        process = run_python(code, LIVE_PROGRESS_DISABLED="1", **{variable: url})
        assert (process.stdout, process.stderr) == ("1\n", "")
    assert scripted.calls == []


def test_a_token_of_the_environment_is_shown(scripted):
    run_python(
        "from live_progress import current; current().advance()",
        LIVE_PROGRESS_URL=f"{scripted.url}{API}/x#token=watch",
        LIVE_PROGRESS_TOKEN="report",
    )
    assert scripted.next().token == "Bearer report"
    assert scripted.calls[0].path == f"{API}/x"


def test_own_servers_of_run_take_a_guest_too(tmp_path):
    code = """
        import json, os, urllib.request, live_progress
        with live_progress.operation("Inner", total=2) as op:
            op.advance(2)
            assert op.flush(5)
            with urllib.request.urlopen(os.environ["LIVE_PROGRESS_URL"]) as answer:
                print(json.load(answer)["progress"]["completedCount"])
        """
    (tmp_path / "program.py").write_text(textwrap.dedent(code))
    command = [str(BINARY), "run", "--quiet", "--keep", "0", "--", sys.executable, "program.py"]
    process = subprocess.run(command, cwd=tmp_path, env=plain_environment(), capture_output=True, text=True, timeout=30)
    assert process.stdout == "2\n", process.stderr


def test_with_keys_the_guest_reports_by_the_token_it_is_given(tmp_path):
    keys = tmp_path / "keys"
    with Server("--secret-file", str(keys)) as server:
        create = [str(BINARY), "token", "create", "--can", "create", "--for", "1h"]
        environment = plain_environment(LIVE_PROGRESS_SECRET_FILE=keys)
        token = subprocess.run(create, env=environment, capture_output=True, text=True, check=True).stdout.strip()
        (tmp_path / "program.py").write_text(
            "import live_progress\n"
            "with live_progress.operation('Inner', total=2) as op:\n"
            "    op.advance(2); print(op.flush(5), op.refusal)\n"
        )
        command = [str(BINARY), "run", "--server", server.url, "--token", token, "--", sys.executable, "program.py"]
        process = subprocess.run(
            command, cwd=tmp_path, env=plain_environment(), capture_output=True, text=True, timeout=30
        )
        assert process.stdout == "True None\n", process.stderr
