# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""`run` with a program that reports its own status (OSC 7501): parts, a wait for a person; and `--log`."""

from __future__ import annotations

import base64
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness import BASE, Server, expect, expect_equal, plain_environment, request, spawned

# Writes the lines of a file whenever it grows, until it ends with "exit N".
PROGRAM = """
import pathlib, sys, time
path, done = pathlib.Path(sys.argv[1]), 0
for _ in range(6000):
    lines = path.read_text().splitlines(keepends=True)
    for line in lines[done:]:
        if not line.endswith("\\n"): break
        done += 1
        if line.startswith("exit "): sys.exit(int(line[5:]))
        sys.stdout.write(line.rstrip("\\n").encode().decode("unicode_escape"))
        sys.stdout.flush()
    time.sleep(0.01)
"""


class Program:
    """A program under `run` that writes what the test says."""

    def __init__(self, server: Server, script: Path, process: subprocess.Popen):
        self.server, self.script, self.process = server, script, process

    def write(self, text: str) -> None:
        with self.script.open("a") as script:
            script.write(text.encode("unicode_escape").decode() + "\n")

    def status(self, pairs: str, **texts: str) -> None:
        """Reports a status; the texts are `msg` and `title`."""
        encoded = "".join(f":{key}={base64.b64encode(text.encode()).decode()}" for key, text in texts.items())
        self.write(f"\033]7501;{pairs}{encoded}\033\\")

    def end(self, code: int) -> None:
        with self.script.open("a") as script:
            script.write(f"exit {code}\n")
        expect_equal(self.process.wait(30), code, "the exit code")

    def snapshot(self) -> dict:
        return request("GET", f"{self.server.url}{BASE}/job").json

    def parts(self, parent: str = "job") -> dict[str, dict]:
        """Returns the operations below one by their titles."""
        page = request("GET", f"{self.server.url}{BASE}?parent={parent}").json
        return {operation["title"]: operation for operation in page["operations"]}

    def statuses(self, parent: str = "job") -> dict[str, str]:
        return {title: part["status"] for title, part in self.parts(parent).items()}

    def until(self, read, what: str):
        limit = time.monotonic() + 20
        while not (value := read()):
            expect(time.monotonic() < limit, f"{what}: {json.dumps(self.snapshot())}, {json.dumps(self.parts())}")
            time.sleep(0.02)
        return value


@contextlib.contextmanager
def running(binary, folder: Path, *options: str) -> Iterator[Program]:
    script = folder / "script"
    script.touch()
    (folder / "program.py").write_text(PROGRAM)
    with Server(binary) as server:
        command = [binary, "run", "--quiet", "--id", "job", "--server", server.url, *options, "--"]
        command += [sys.executable, str(folder / "program.py"), str(script)]
        with spawned(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=plain_environment()) as process:
            yield Program(server, script, process)


def test_blocked(binary, tmp_path):
    """A blocked program waits for a person at its terminal: watchers see for what, and cannot answer; three times."""
    with running(binary, tmp_path) as program:
        for round in range(3):
            program.status("state=blocked:kind=permission", msg=f"Run x {round}?")
            waiting = program.until(lambda: program.snapshot().get("waitingFor"), "no question")
            expect_equal((waiting["kind"], waiting["message"]), ("permission", f"Run x {round}?"), "the question")
            expect_equal((waiting["answerable"], program.snapshot()["status"]), (False, "waiting"), "the wait")
            answer = request("POST", f"{program.server.url}{BASE}/job/answer", {}, b'{"answer":"yes"}')
            expect_equal((answer.status, answer.json["type"].rsplit(":")[-1]), (409, "not-waiting"), "the refusal")
            program.status("state=working:progress=40")
            program.until(lambda: program.snapshot()["status"] == "running", "it still waits")
        program.end(0)
        expect_equal(program.snapshot()["status"], "succeeded", "the end")


def test_blocked_beside_ask(binary, tmp_path):
    """A program that is blocked and goes on leaves the question of ask, which is on the same operation of a local server, alone."""
    script = """
    printf "\\033]7501;state=blocked\\a"; sleep 0.4; "$1" ask Q --choices yes,no & asking=$!
    for _ in $(seq 100); do "$1" get --json "$LIVE_PROGRESS_URL" | grep -q '"message": *"Q"' && break; sleep 0.05; done
    for round in 1 2 3; do sleep 0.4; printf "\\033]7501;state=working\\a"; sleep 0.4; printf "\\033]7501;state=blocked\\a"; done
    sleep 0.4; "$1" answer "$LIVE_PROGRESS_URL" no >/dev/null || exit 9; wait $asking
    """
    run = [binary, "run", "--quiet", "--", "sh", "-c", script, "sh", binary]
    done = subprocess.run(run, capture_output=True, timeout=30, env=plain_environment())
    expect_equal((done.returncode, done.stderr), (1, b""), "the exit code of ask and the messages")
    expect(done.stdout.endswith(b"no\n"), f"ask prints {done.stdout!r}")


@pytest.mark.parametrize("code", [0, 5])
def test_parts(binary, tmp_path, code):
    """Each reported part is an operation below the run, with its own progress and end; the rest ends as the command does."""
    with running(binary, tmp_path) as program:
        program.status("state=working:progress=10", title="Agent")
        program.status("state=working:id=tests:progress=40", title="Tests", msg="Reading")
        program.status("state=working:id=tests/unit", title="Unit")
        program.status("state=working:id=docs", title="Docs")
        program.until(lambda: program.statuses() == {"Tests": "running", "Docs": "running"}, "not two parts at work")
        tests = program.parts()["Tests"]
        expect_equal(tests["state"], "Reading", "the message of a part")
        expect_equal(tests["progress"]["fractionCompleted"], 0.4, "the fraction of a part")
        program.until(lambda: program.statuses(tests["id"]) == {"Unit": "running"}, "no part of the part")
        program.status("state=error:id=docs", msg="No disk")
        program.status("state=done:id=tests/unit")
        program.until(lambda: program.statuses()["Docs"] == "failed", "the part has not failed")
        expect_equal(program.parts()["Docs"]["error"]["title"], "No disk", "its error")
        program.end(code)
        end = "succeeded" if code == 0 else "failed"
        expect_equal(program.statuses(), {"Tests": end, "Docs": "failed"}, "the ends")
        expect_equal(program.statuses(tests["id"]), {"Unit": "succeeded"}, "the end of the part of the part")
        expect_equal(program.snapshot()["status"], end, "the end of the run")


@pytest.mark.parametrize("options", [(), ("--log",)])
def test_log(binary, tmp_path, options):
    """With --log, and not without, watchers see the last twenty lines while the command runs."""
    with running(binary, tmp_path, *options) as program:
        program.write("".join(f"line {number}\n" for number in range(30)))
        program.until(lambda: program.snapshot().get("state") == "line 29", "the last line is missing")
        log = (program.snapshot()["details"] or {}).get("log")
        expect_equal(log, [f"line {number}" for number in range(10, 30)] if options else None, "the log")
        program.end(0)
