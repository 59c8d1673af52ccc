# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A worker asks a person: the tool `ask` and `answer`, curl, tokens, and a restart of the server."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from harness import BASE, Lines, Server, expect, expect_equal, plain_environment, request, spawned
from test_tokens import bearer, guarded

CHOICES = ("--choices", "yes,no,later")


def asking(binary, *arguments: str, **variables: str):
    return spawned(
        [binary, "ask", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=plain_environment(**variables),
    )


def await_question(url: str, message: str, headers: dict | None = None) -> dict:
    """Returns the snapshot in which the operation asks the question."""
    return await_snapshot(url, lambda one: one.get("waitingFor", {}).get("message") == message, message, headers)


def await_snapshot(url: str, matches, what: str, headers: dict | None = None) -> dict:
    """Returns the first snapshot that matches."""
    cursor = '"none-0"'
    while True:
        wait = {"Prefer": "wait=20", "If-None-Match": cursor, **(headers or {})}
        answer = request("GET", url, wait, timeout=30)
        expect_equal(answer.status, 200, f"no revision while waiting: {what}")
        if matches(answer.json):
            return answer.json
        cursor = answer.headers["etag"]


def finished(process, seconds: float = 15) -> tuple[int, str]:
    output, _ = process.communicate(timeout=seconds)
    return process.returncode, output.decode().strip()


def test_rounds(binary, server):
    """ask prints each answer and exits by it, whether the tool or curl answers."""
    job = server.operation()
    for round, (choice, status) in enumerate([("yes", 0), ("no", 1), ("later", 2)]):
        with asking(binary, f"Round {round}?", *CHOICES, "--operation", job.url) as process:
            open_ = await_question(job.url, f"Round {round}?")
            expect_equal(open_["status"], "waiting", "the status")
            number = str(open_["waitingFor"]["number"])
            if round % 2:
                command = ["curl", "-sS", "-d", f"answer={choice}", "-d", f"number={number}", f"{job.url}/answer"]
            else:
                command = [binary, "answer", job.url, choice, "--number", number]
            done = subprocess.run(command, capture_output=True, timeout=20, env=plain_environment())
            expect_equal(done.returncode, 0, f"{command}: {done.stderr!r}")
            expect(round % 2 or done.stdout == b"answered: %s\n" % choice.encode(), f"answer prints {done.stdout!r}")
            expect_equal(finished(process), (status, choice), "what ask prints and returns")
        last = request("GET", job.url).json
        expect_equal((last["status"], last["lastAnswer"]["answer"]), ("running", choice), "the operation afterwards")
    again = subprocess.run([binary, "answer", job.url, "yes"], capture_output=True, text=True, env=plain_environment())
    expect_equal(again.returncode, 1, "status of a second answer")
    expect("answered: later" in again.stderr, f"a second answer says {again.stderr!r}")


@pytest.mark.parametrize("default, expected", [(("--default", "no"), (1, "no")), ((), (124, ""))])
def test_deadline(binary, server, default, expected):
    """At the deadline ask prints the default, or says that nobody answered."""
    job = server.operation()
    with asking(binary, "Go?", *CHOICES, *default, "--timeout", "300ms", "--operation", job.url) as process:
        expect_equal(finished(process), expected, "ask")
    expect_equal(request("GET", job.url).json["lastAnswer"]["isExpired"], True, "isExpired")


def test_under_run(binary, server):
    """Under run, ask needs no operation; the operation of run waits, and goes on."""
    command = [binary, "run", "--server", server.url, "--id", "deploy", "--", binary, "ask", "Deploy?", *CHOICES]
    with spawned(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=plain_environment()) as process:
        expect("/api/v1/progress/deploy" in Lines(process.stderr).next(15), "the link")
        url = f"{server.url}{BASE}/deploy"
        await_question(url, "Deploy?")
        expect_equal(request("POST", f"{url}/answer", {}, b'{"answer":"no"}').status, 200, "the answer")
        expect_equal(process.stdout.read(), b"no\n", "the output")
        expect_equal(process.wait(15), 1, "the exit status of run is that of ask")


def test_interrupted(binary, server):
    """An interrupted ask withdraws its question; a request to cancel ends it too."""
    for round in range(3):
        job = server.operation(cancellable=True)
        with asking(binary, "Go?", "--operation", job.url) as process:
            await_question(job.url, "Go?")
            if round == 1:
                request("POST", f"{job.url}/cancel")
            else:
                process.send_signal(signal.SIGINT)
            expect_equal(finished(process), (130, ""), "ask")
        after = request("GET", job.url).json
        expect("waitingFor" not in after and "lastAnswer" not in after, f"afterwards: {after}")


def test_errors(binary, server):
    """Wrong questions and operations are clear errors, and nothing is asked."""
    ended = server.operation()
    ended.succeed()
    cases = [
        (["Go?", "--operation", "no-such-operation", "--server", server.url], 66, "no such operation"),
        (["Go?", "--operation", ended.url], 70, "has ended"),
        (["", "--operation", ended.url], 64, "The question"),
        (["Go?", "--choices", "a,a", "--operation", ended.url], 64, "--choices has a text twice"),
        (["Go?", "--choices", "a,b", "--default", "c", "--timeout", "1"], 64, "--default is no possible answer"),
        (["Go?", "--choices", ","], 64, "--choices has no text"),
        (["Go?", "--timeout", "-5"], 64, "'-5' is invalid"),
        (["Go?", "--kind", "demand"], 64, "question, permission, input"),
        (["Go?", "--server", "http://127.0.0.1:1"], 69, "127.0.0.1:1"),
    ]
    for arguments, status, text in cases:
        with asking(binary, *arguments) as process:
            _, complaint = process.communicate(timeout=20)
            expect_equal(process.returncode, status, f"{arguments}: {complaint!r}")
            expect(text in complaint.decode(), f"{arguments} says {complaint!r}")


def test_permission(binary):
    """Only a token with the permission to answer may answer; the worker's token may ask, and watchers see who answered."""
    with guarded(binary) as (server, keys):
        create = keys.token("create")
        created = request("POST", f"{server.url}{BASE}", bearer(create), b'{"id":"job"}').json
        url, tokens = f"{server.url}{BASE}/job", created["tokens"]
        with asking(binary, "Go?", *CHOICES, "--operation", url, LIVE_PROGRESS_TOKEN=tokens["report"]) as process:
            await_question(url, "Go?", bearer(tokens["watch"]))
            for token, status in [(tokens["watch"], 403), (tokens["report"], 403), ("none", 401)]:
                answer = request("POST", f"{url}/answer", bearer(token), b'{"answer":"yes"}')
                expect_equal(answer.status, status, "the refusal")
            refused = subprocess.run(
                [binary, "answer", url, "yes", "--token", tokens["watch"]], capture_output=True, env=plain_environment()
            )
            expect_equal(refused.returncode, 77, "the exit status of answer without the permission")
            anna = keys.token("answer", "--id", "job", "--subject", "anna")
            answer = request("POST", f"{url}/answer", bearer(anna), b'{"answer":"later"}')
            expect_equal(answer.status, 200, "the answer")
            expect_equal(finished(process), (2, "later"), "ask")
        last = request("GET", url, bearer(tokens["watch"])).json["lastAnswer"]
        expect_equal((last["answer"], last["answeredBy"]), ("later", "anna"), "what watchers see")


@pytest.mark.parametrize("is_early", [False, True], ids=["answered", "answered early"])
def test_restart(binary, is_early):
    """A question is still open after a restart of the server; its worker receives the answer, even an early one.

    An early answer comes before the worker has heard from the restarted server.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = str(Path(folder) / "operations.sqlite")
        with Server(binary, "--store", store, serve=Server.SERVE[:-2]) as server:
            port = str(server.port)
            url = server.operation().url
            asks = asking(binary, "Go?", *CHOICES, "--operation", url)
            process = asks.__enter__()
            try:
                first = await_question(url, "Go?")
                # Without this, the store may be a tenth of a second behind.
                request("PATCH", url, {"Prefer": "durable"}, b"{}")
                if is_early:
                    process.send_signal(signal.SIGSTOP)
                server.process.send_signal(signal.SIGKILL)
                server.process.wait(10)
                options = ("serve", "--host", "127.0.0.1", "--port", port)
                with Server(binary, "--store", store, serve=options) as restarted:
                    again = await_question(url, "Go?")
                    expect_equal(again["waitingFor"]["askedAt"][:19], first["waitingFor"]["askedAt"][:19], "askedAt")
                    body = json.dumps({"answer": "no"}).encode()
                    expect_equal(request("POST", f"{url}/answer", {}, body).status, 200, "the answer")
                    process.send_signal(signal.SIGCONT)
                    expect_equal(finished(process, 30), (1, "no"), "ask")
                    expect_equal(restarted.stop(), 0, "the restarted server")
            finally:
                asks.__exit__(None, None, None)


TICKS = """
for n in 1 2 3; do
    for _ in $(seq 600); do [ -e "$1/tick $n" ] && break; sleep 0.05; done
    echo "tick $n" >&2
done &
exec "$2" ask "Deploy?" --choices yes,no
"""


def test_crashes_under_run(binary, tmp_path):
    """run and ask report on the same operation: after each of three crashes of the server, the question is still open."""
    store = ("--store", str(tmp_path / "store.sqlite"))
    with contextlib.ExitStack() as servers:
        server = servers.enter_context(Server(binary, *store, serve=Server.SERVE[:-2]))
        url, again = f"{server.url}{BASE}/deploy", ("serve", "--host", "127.0.0.1", "--port", str(server.port))
        command = [binary, "run", "--id", "deploy", "--title", "Deploy", "--server", server.url, "--"]
        command += ["sh", "-c", TICKS, "sh", tmp_path, binary]
        with spawned(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=plain_environment()) as process:
            expect_equal(Lines(process.stderr).next(15), f"live-progress: {url}", "the link")
            number = await_question(url, "Deploy?")["waitingFor"]["number"]
            request("PATCH", url, {"Prefer": "durable"}, b"{}")
            for round in (1, 2, 3):
                server = crashed(servers, server, binary, *store, serve=again)
                (tmp_path / f"tick {round}").touch()
                seen = await_snapshot(url, lambda one: one["state"] == f"tick {round}", f"no tick {round}")
                kept = [seen["status"], seen.get("waitingFor", {}).get("number"), seen["title"]]
                expect_equal(kept, ["waiting", number, "Deploy"], f"the operation after crash {round}")
            expect_equal(request("POST", f"{url}/answer", {}, b'{"answer":"no"}').status, 200, "the answer")
            expect_equal(finished(process), (1, "no"), "what ask under run prints and returns")
        expect_equal(request("GET", url).json["error"]["exitCode"], 1, "the end of run")


@pytest.mark.parametrize("delay", [0, 0.03, 0.3])
def test_lost_question(binary, tmp_path, delay):
    """A question that a crash of the server has lost is asked again; an answer that was confirmed is never lost; three rounds."""
    store = ("--store", str(tmp_path / "store.sqlite"))
    with contextlib.ExitStack() as servers:
        server = servers.enter_context(Server(binary, *store, serve=Server.SERVE[:-2]))
        again = ("serve", "--host", "127.0.0.1", "--port", str(server.port))
        for round in range(3):
            body = json.dumps({"id": f"job-{round}", "lease": 3600}).encode()
            request("POST", server.url + BASE, {"Prefer": "durable", "Content-Type": "application/json"}, body)
            url = f"{server.url}{BASE}/job-{round}"
            with asking(binary, "Go?", *CHOICES, "--operation", url) as process:
                await_question(url, "Go?")
                time.sleep(delay)
                server = crashed(servers, server, binary, *store, serve=again)
                await_question(url, "Go?")
                expect_equal(request("POST", f"{url}/answer", {}, b'{"answer":"no"}').status, 200, "the answer")
                server = crashed(servers, server, binary, *store, serve=again)
                expect_equal(finished(process, 30), (1, "no"), "ask")
            last = request("GET", url).json
            expect_equal(("waitingFor" in last, last["lastAnswer"]["answer"]), (False, "no"), "the record")


def crashed(servers, server: Server, binary, *options: str, serve: tuple) -> Server:
    """Kills a server, and starts it again."""
    server.process.send_signal(signal.SIGKILL)
    server.process.wait(10)
    return servers.enter_context(Server(binary, *options, serve=serve))
