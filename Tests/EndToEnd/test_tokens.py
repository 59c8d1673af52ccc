# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A server with keys: tokens of the tool, over HTTP, WebSockets and the command line."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from harness import BASE, Server, expect, expect_equal, plain_environment, request
from rawsocket import BlockingSocket


def tool(binary, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
    command = [str(binary), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, env=plain_environment(**variables))


class Keys:
    """A secret file, and tokens that its keys sign."""

    def __init__(self, binary, folder: str, name: str = "keys"):
        self.binary, self.path = binary, str(Path(folder) / name)

    def write(self, *lines: str) -> None:
        """Writes keys to the file."""
        Path(self.path).touch(mode=0o600)
        Path(self.path).write_text("".join(f"{line}\n" for line in lines))

    @staticmethod
    def new_line() -> str:
        """Returns a line of the file with a new key."""
        return f"{os.urandom(6).hex()} HS256 {base64.urlsafe_b64encode(os.urandom(32)).decode().rstrip('=')}"

    def token(self, can: str, *scope: str, time: str = "1h") -> str:
        done = tool(
            self.binary, "token", "create", "--secret-file", self.path, "--can", can, "--for", time, *scope
        )
        expect_equal(done.returncode, 0, f"token create: {done.stderr}")
        return done.stdout.strip()


@contextlib.contextmanager
def guarded(binary):
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys(binary, folder)
        with Server(binary, "--secret-file", keys.path, "--log-level", "trace") as server:
            yield server, keys


def bearer(token: str) -> dict:
    return {"Authorization": f"Bearer {token}"}


def test_permissions(binary):
    """Each token grants only its permissions, and an operation outside its scope looks like an unknown operation."""
    with guarded(binary) as (server, keys):
        expect_equal(os.stat(keys.path).st_mode & 0o777, 0o600, "mode of the secret file")
        create = keys.token("create", "--label", "team=red")
        for path, labels, status in [("a", {"team": "red"}, 201), ("b", {"team": "blue"}, 403), ("c", {}, 403)]:
            body = json.dumps({"labels": labels}).encode()
            answer = request("PUT", f"{server.url}{BASE}/{path}", bearer(create), body)
            expect_equal(answer.status, status, f"creating {path}")
            if status == 201:
                tokens = answer.json["tokens"]
        admin = keys.token("admin")
        request("PUT", f"{server.url}{BASE}/b", bearer(admin), b"{}")
        cases = [
            (tokens["watch"], "GET", "a", 200), (tokens["watch"], "PATCH", "a", 403), (tokens["watch"], "GET", "b", 404),
            (tokens["report"], "PATCH", "a", 200), (tokens["report"], "DELETE", "a", 403),
            (keys.token("watch", "--label", "team=red"), "GET", "a", 200),
            (keys.token("watch", "--label", "team=red"), "GET", "b", 404),
            (keys.token("watch", "--id", "b"), "GET", "b", 200), ("nonsense", "GET", "a", 401), (admin, "GET", "b", 200),
        ]
        for token, method, name, status in cases:
            answer = request(method, f"{server.url}{BASE}/{name}", bearer(token), b"{}" if method == "PATCH" else None)
            expect_equal(answer.status, status, f"{method} {name}")
        unseen = request("GET", f"{server.url}{BASE}/b", bearer(tokens["watch"]))
        unknown = request("GET", f"{server.url}{BASE}/none", bearer(tokens["watch"]))
        unseen.headers.pop("date"), unknown.headers.pop("date")
        expect_equal((unseen.headers, unseen.body), (unknown.headers, unknown.body), "unseen and unknown")
        log = server.whole_log()
        for token in [create, admin, *tokens.values()]:
            expect(token[-20:] not in log, "the log contains a token")


def test_tokens_of_one_run(binary):
    """The tokens of a creation are for that run alone, and for as long as it has the labels of its creator."""
    with guarded(binary) as (server, keys):
        red = keys.token("create,report,delete", "--label", "team=red")
        blue = keys.token("create,watch", "--label", "team=blue")
        url = f"{server.url}{BASE}/nightly"
        for _ in range(3):
            first = b'{"id":"nightly","labels":{"team":"red"}}'
            tokens = request("POST", f"{server.url}{BASE}", bearer(red), first).json["tokens"]
            expect_equal(request("PATCH", url, bearer(tokens["report"]), b'{"state":"a"}').status, 200, "own run")
            relabel = request("PATCH", url, bearer(tokens["report"]), b'{"labels":{"team":"blue"}}')
            expect_equal(relabel.status, 403, "a report that leaves the labels of the creator")
            expect_equal(request("DELETE", url, bearer(red)).status, 204, "DELETE")
            gone = request("GET", url, bearer(tokens["watch"]))
            expect_equal(gone.status, 410, "the deleted run")
            body = b'{"id":"nightly","labels":{"team":"blue"},"details":{"secret":42}}'
            expect_equal(request("POST", f"{server.url}{BASE}", bearer(blue), body).status, 201, "the next run")
            expect_equal(request("GET", url, bearer(tokens["watch"])).status, 404, "the next run, to the old token")
            ended = request("PATCH", url, bearer(tokens["report"]), b'{"status":"failed"}')
            expect_equal(ended.status, 404, "an end of the next run by the old token")
            expect_equal(request("DELETE", url, bearer(keys.token("admin"))).status, 204, "DELETE")


def test_browsers(binary):
    """A browser's WebSocket sends its token with the subprotocols, and the server does not echo it; a ticket is valid once."""
    with guarded(binary) as (server, keys):
        admin = keys.token("admin")
        request("PUT", f"{server.url}{BASE}/a", bearer(admin), b'{"state":"S"}')
        url = server.url.replace("http://", "ws://") + f"{BASE}/a"
        watch = keys.token("watch", "--id", "a")
        socket = BlockingSocket(url, f"live-progress.v1, live-progress.bearer.{watch}")
        expect(socket.head.startswith("HTTP/1.1 101 ") and watch not in socket.head, f"answer: {socket.head[:60]}")
        expect_equal(socket.next()["state"], "S", "state")
        socket.socket.close()
        ticket = request("POST", f"{server.url}/api/v1/tickets", bearer(watch)).json["ticket"]
        for status in [101, 401]:
            socket = BlockingSocket(f"{url}?ticket={ticket}", "live-progress.v1")
            expect(socket.head.startswith(f"HTTP/1.1 {status} "), f"ticket: {socket.head[:60]}")
            socket.socket.close()
        socket = BlockingSocket(f"{url}?access_token={watch}", "live-progress.v1")
        expect(socket.head.startswith("HTTP/1.1 401 "), "a token in the query is accepted by default")
        socket.socket.close()
        log = server.whole_log()
        expect(ticket not in log and watch[-20:] not in log, "the log contains a ticket or a token")


@pytest.mark.timeout(180)
def test_expiry(binary):
    """A watcher receives an error when its token expires, can renew the token, and is closed with 4501 otherwise."""
    with guarded(binary) as (server, keys):
        admin = keys.token("admin")
        request("PUT", f"{server.url}{BASE}/a", bearer(admin), b"{}")
        url = server.url.replace("http://", "ws://") + f"{BASE}/a"
        short = keys.token("watch", "--id", "a", time="1s")
        watcher = BlockingSocket(url, f"live-progress.v1, live-progress.bearer.{short}")
        expect_equal(watcher.next()["type"], "snapshot", "first message")
        expect_equal(watcher.next()["error"]["title"], "Not authenticated", "at the end of the token")
        expect_equal(watcher.next(), None, "after the grace period")
        expect_equal(watcher.close_code, 4501, "close code")


def test_command_line(binary):
    """The tool reads its token from the option or the environment, and reports a missing token as an error."""
    with guarded(binary) as (server, keys):
        token = keys.token("create,report,watch,list,cancel")
        variables = {"LIVE_PROGRESS_TOKEN": token, "LIVE_PROGRESS_SERVER": server.url}
        for arguments in [
            ("report", "a", "--create", "--state", "S", "--cancellable"), ("get", "a"), ("list",), ("cancel", "a"),
            ("report", "a", "--succeed"), ("watch", "a"), ("run", "--id", "r", "--", "true"),
        ]:
            done = tool(binary, *arguments, **variables)
            expect_equal(done.returncode, 0, f"{arguments}: {done.stderr}")
            expect(token not in done.stdout + done.stderr, f"the output of {arguments} contains the token")
        done = tool(binary, "get", "a", "--server", server.url, "--token", token)
        expect_equal(done.returncode, 0, "--token")
        for arguments in [("get", "a"), ("watch", "a"), ("list",)]:
            done = tool(binary, *arguments, LIVE_PROGRESS_SERVER=server.url, LIVE_PROGRESS_TOKEN="x.SECRET.y")
            expect_equal(done.returncode, 77, f"{arguments} with a bad token")
            expect("SECRET" not in done.stderr, "an error contains the token")
            expect("--token" in done.stderr, f"{arguments} does not say what to do: {done.stderr}")


def test_created_tokens(binary):
    """With the permission create only, the tool prints the tokens of a new operation with --json, and only the URL without it."""
    with guarded(binary) as (server, keys):
        variables = {"LIVE_PROGRESS_TOKEN": keys.token("create"), "LIVE_PROGRESS_SERVER": server.url}
        done = tool(binary, "report", "--create", **variables)
        expect_equal(done.returncode, 0, f"creating: {done.stderr}")
        expect("token" not in done.stdout, f"the URL contains a token: {done.stdout}")
        done = tool(binary, "report", "--create", "--json", **variables)
        expect_equal(done.returncode, 0, f"creating: {done.stderr}")
        created = json.loads(done.stdout)
        for verb, status in [("report", 0), ("watch", 77)]:
            given = {**variables, "LIVE_PROGRESS_TOKEN": created["tokens"][verb]}
            done = tool(binary, "report", created["id"], "--state", verb, **given)
            expect_equal(done.returncode, status, f"report with the token to {verb}: {done.stderr}")
            done = tool(binary, "get", created["id"], "--json", **given)
            expect_equal(json.loads(done.stdout)["state"], "report", f"state with the token to {verb}")


def test_loose_file(binary):
    """The server does not start if other users can read the secret file."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys(binary, folder)
        with Server(binary, "--secret-file", keys.path):
            pass
        os.chmod(keys.path, 0o644)
        done = tool(binary, "serve", "--port", "0", "--store", "memory", "--secret-file", keys.path)
        expect_equal(done.returncode, 64, "exit status")
        expect(f"chmod 600 {keys.path}" in done.stderr, f"error: {done.stderr}")


def test_run_link(binary):
    """With the permission create only, the link of run contains a token to watch, and the command can report."""
    with guarded(binary) as (server, keys):
        create = keys.token("create")
        script = 'curl -fsS -o /dev/null -X PATCH -H "Authorization: Bearer $LIVE_PROGRESS_TOKEN" -d state=Half "$LIVE_PROGRESS_URL"'
        command = ("run", "--server", server.url, "--id", "r", "--token", create, "--", "sh", "-c", script)
        done = tool(binary, *command)
        expect_equal(done.returncode, 0, f"run: {done.stderr}")
        link = re.fullmatch(rf"live-progress: ({re.escape(server.url + BASE)}/r)#token=(\S+)\n", done.stderr)
        expect(link, f"link: {done.stderr}")
        url, token = link.groups()
        answer = request("GET", url, bearer(token))
        expect_equal((answer.status, answer.json["status"]), (200, "succeeded"), "the end, with the link's token")
        expect_equal(request("PATCH", url, bearer(token), b"{}").status, 403, "a report with the link's token")
        expect_equal(request("GET", f"{server.url}{BASE}/other", bearer(token)).status, 404, "another operation")
        expect_equal(request("GET", url, bearer(create)).status, 404, "reading with the token to create")
        watched = tool(binary, "watch", f"{url}#token={token}", LIVE_PROGRESS_TOKEN=create)
        expect_equal(watched.returncode, 0, f"the tool watches by the link: {watched.stderr}")
        # A token of labels needs an operation with these labels.
        team = keys.token("create", "--label", "team=data")
        for labels, published in [((), False), (("--label", "team=data"), True)]:
            done = tool(binary, "run", "--server", server.url, "--token", team, *labels, "--", "true")
            expect_equal(done.returncode, 0, f"run with {labels}: {done.stderr}")
            expect_equal(server.url in done.stderr, published, f"a link, with the labels {labels}: {done.stderr}")
        # A token in the environment of run is replaced for the command, by one for its operation alone.
        own = tool(binary, "run", "--server", server.url, "--", "sh", "-c", script, LIVE_PROGRESS_TOKEN=create)
        expect_equal(own.returncode, 0, f"the command reports: {own.stderr}")


def await_status(url: str, token: str, status: int) -> None:
    deadline = time.monotonic() + 15
    while (answer := request("GET", url, bearer(token)).status) != status:
        expect(time.monotonic() < deadline, f"a token is answered {answer} and not {status}")
        time.sleep(0.05)


def test_changed_keys(binary):
    """Changed keys apply to new requests, and SIGHUP reads them immediately; an open connection stays until its token expires."""
    with guarded(binary) as (server, keys):
        url = f"{server.url}{BASE}/a"
        old = keys.token("admin")
        old_line = Path(keys.path).read_text().splitlines()[-1]
        renewed, new_line = Keys(binary, str(Path(keys.path).parent), "renewed"), Keys.new_line()
        renewed.write(new_line)
        new = renewed.token("admin")
        request("PUT", url, bearer(old), b'{"state":"S"}')
        watcher = BlockingSocket(url.replace("http://", "ws://"), "live-progress.v1", fields=bearer(old))
        expect_equal(watcher.next()["state"], "S", "first message")
        expect_equal(request("GET", url, bearer(new)).status, 401, "a key that is not in the file yet")
        keys.write(old_line, new_line)
        await_status(url, new, 200)
        expect_equal(request("GET", url, bearer(old)).status, 200, "with both keys in the file")
        keys.write("half of a line")
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 15
        while "The keys stay as they were" not in server.whole_log():
            expect(time.monotonic() < deadline, f"the error is not logged:\n{server.tail()}")
            time.sleep(0.05)
        expect_equal(request("GET", url, bearer(old)).status, 200, "after an invalid file")
        keys.write(new_line)
        server.process.send_signal(signal.SIGHUP)
        await_status(url, old, 401)
        request("PATCH", url, bearer(new), b'{"state":"T"}')
        expect_equal(watcher.next()["state"], "T", "update to the connected watcher")
        watcher.send_text('{"type":"authenticate","token":"%s"}' % old)
        expect_equal(watcher.next()["type"], "error", "the answer to a renewal with a token of the removed key")
        watcher.socket.close()
        log = server.whole_log()
        expect("The keys were read again" in log, "the change is not logged")
        for line in [old_line, new_line]:
            expect(line.split()[-1] not in log, "the log contains a secret")
