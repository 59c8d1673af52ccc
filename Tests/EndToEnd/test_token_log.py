# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The log of a server with keys at the level `trace`, for tokens, tickets and secrets in all places of a request."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import select
import socket
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from harness import BASE, Server, expect, expect_equal, plain_environment, request, spawned
from rawsocket import BlockingSocket
from test_tls import curl, curl_command
from test_tokens import Keys, bearer, tool
from tls import TLSServer

REDACTED = "[redacted]"
SUBPROTOCOL = "live-progress.v1"


class Secrets(dict):
    """All secrets by their names; of a token also the signature and the claims."""

    def note(self, what: str, text: str) -> str:
        self[what] = text
        parts = text.split(".")
        if len(parts) == 3:
            self[f"the signature of {what}"], self[f"the claims of {what}"] = parts[2], parts[1]
        return text

    def found_in(self, text: str) -> list[str]:
        return [what for what, secret in self.items() if secret in text]


def raw(server: Server, *chunks: bytes, until: bytes = b"\r\n\r\n") -> bytes:
    """Sends bytes, and returns the received bytes until a given text, the end, or one second without data."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=1) as connection:
        answer = b""
        with contextlib.suppress(OSError):
            for chunk in chunks:
                connection.sendall(chunk)
            while until not in answer and (data := connection.recv(65536)):
                answer += data
        return answer


def over_http(server: Server, token: str) -> None:
    """Sends a token in the right place and in wrong places of HTTP requests."""
    url, path = server.url, f"{BASE}/a"
    request("GET", url + path, bearer(token))
    request("GET", f"{url}{path}?access_token={token}")
    request("GET", f"{url}{path}?ticket={token}")
    request("GET", f"{url}{path}?cursor={token}&label.{token}=1&{token}")
    request("POST", f"{url}/api/v1/tickets", bearer(token))
    for odd in [f"{BASE}/{token}", f"/{token}", f"{BASE}/a/{token}/cancel", f"/{token}?{token}=x", f"{path}%2F{token}"]:
        for method in ["GET", "PUT", "DELETE"]:
            request(method, url + odd, bearer(token), b"{}" if method == "PUT" else None)
    fields = {"Cookie": f"t={token}", "Referer": f"{url}/#token={token}", "X-Token": token, "If-Match": token,
              "Idempotency-Key": token, "Origin": f"http://{token}", "Accept": token, "User-Agent": token}
    for name, value in fields.items():
        request("GET", url + path, {name: value})
        request("POST", url + BASE, {**bearer(token), name: value, "Content-Type": "application/json"}, b"{}")
    for scheme in ["Basic ", "bearer", "Bearer  ", "Token ", "Bearer x"]:
        request("GET", url + path, {"Authorization": scheme + token})
    for body in [f'{{"state":"{token}', f'{{"{token}":1}}', f"status={token}", token]:
        request("PATCH", url + path, bearer(token), body.encode())


def over_sse(server: Server, token: str, ticket: str) -> None:
    head = f"Host: 127.0.0.1:{server.port}\r\nAccept: text/event-stream\r\n"
    for target, more in [
        (f"{BASE}/a", f"Authorization: Bearer {token}\r\n"), (f"{BASE}/a?access_token={token}", ""),
        (f"{BASE}/a?ticket={ticket}", ""), (f"{BASE}/a?ticket={ticket}", ""),
        (BASE, f"Authorization: Bearer {token}\r\nLast-Event-ID: {token}\r\n"),
    ]:
        raw(server, f"GET {target} HTTP/1.1\r\n{head}{more}\r\n".encode(), until=b"data:")


def over_websocket(server: Server, token: str, ticket: str, renewal: str) -> None:
    url = server.url.replace("http://", "ws://") + f"{BASE}/a"
    offered = f"{SUBPROTOCOL}, live-progress.bearer.{token}"
    for address, subprotocol, fields in [
        (url, SUBPROTOCOL, bearer(token)), (url, offered, {}), (f"{url}?access_token={token}", SUBPROTOCOL, {}),
        (f"{url}?ticket={ticket}", SUBPROTOCOL, {}), (f"{url}?ticket={ticket}", SUBPROTOCOL, {}),
        (url, f"{token}, {offered}", {"Sec-WebSocket-Extensions": token}), (f"{url}/{token}", offered, {}),
    ]:
        watcher = BlockingSocket(address, subprotocol, fields=fields)
        if " 101 " in watcher.head:
            watcher.next()
            watcher.send_text(json.dumps({"type": "authenticate", "token": renewal}))
            watcher.next()
            # The second invalid message closes the connection.
            for text in [json.dumps({"type": token}), token]:
                watcher.send_text(text)
            with contextlib.suppress(OSError):
                watcher.rest()
        watcher.socket.close()


def malformed(server: Server, token: str) -> None:
    host = f"Host: 127.0.0.1:{server.port}\r\n"
    sign = f"Authorization: Bearer {token}\r\n"
    for text in [
        f"GET {BASE}/a?access_token={token} HTTP/9.9\r\n{host}\r\n", f"{token} / HTTP/1.1\r\n{host}\r\n", token + "\r\n\r\n",
        f"GET {BASE}/a HTTP/1.1\r\n{host}{token}\r\n\r\n", f"GET {BASE}/a HTTP/1.1\r\n{host}X: \x01{token}\r\n\r\n",
        f"GET {BASE}/a HTTP/1.1\r\n{host}{sign}{sign}\r\n", f"GET {BASE}/a HTTP/1.1\r\nHost: {token}\r\n{sign}\r\n",
        f"PATCH {BASE}/a HTTP/1.1\r\n{host}{sign}Transfer-Encoding: chunked\r\n\r\n{token}\r\n",
        f"PATCH {BASE}/a HTTP/1.1\r\n{host}{sign}Content-Length: {token}\r\n\r\n",
        f"GET {BASE}/a?{'x' * 9000}{token} HTTP/1.1\r\n{host}\r\n", f"GET {BASE}/a HTTP/1.1\r\n{host}X: {token * 400}\r\n\r\n",
        f"GET {BASE}/a HTTP/1.1\r\n{host}{sign}Connection: Upgrade\r\nUpgrade: {token}\r\nSec-WebSocket-Key: {token}\r\n\r\n",
        f"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{token}",
    ]:
        raw(server, text.encode("latin-1"))


def over_http2(server: TLSServer, token: str) -> None:
    """Sends a token in HTTP/2 requests, in which a method and a header field can be any text."""
    url = f"{server.url}{BASE}/a"
    sign = f"Authorization: Bearer {token}"
    for arguments in [
        ("-H", sign, url), (f"{url}?access_token={token}",), ("-H", sign, f"{server.url}/{token}"), ("-X", token, "-H", sign, url),
        ("-H", f"X-Token: {token}", "-H", f"Cookie: {token}", "-H", f"Referer: {server.url}/#token={token}", url),
        ("-H", sign, "-H", "Accept: text/event-stream", "--max-time", "1", url), ("-H", sign, "-d", token, url),
        ("-H", f"Host: {token}", url),
    ]:
        subprocess.run(curl_command(server, "-o", "/dev/null", *arguments), capture_output=True, timeout=40)


def test_encrypted(binary):
    """Over TLS and HTTP/2, the log at the level trace contains no token."""
    with tempfile.TemporaryDirectory() as folder:
        keys, secrets = Keys(binary, folder), Secrets()
        with TLSServer(binary, "--secret-file", keys.path, "--log-level", "trace") as server:
            secrets.note("the administrator's token", server.output.next().rpartition("=")[2])
            good = secrets.note("a token", keys.token("admin"))
            curl(server, "-X", "PUT", "-d", "state=S", "-o", "/dev/null", "-H", f"Authorization: Bearer {good}", f"{server.url}{BASE}/a")
            for token in [good, secrets.note("a bad token", good[:-4] + "AAAA")]:
                over_http2(server, token)
            server.stop()
            log = server.whole_log()
        expect_equal(secrets.found_in(log), [], "secrets in the log")
        for text in ["A caller was authorized", "A request was answered", f"method={REDACTED}", f"target=/{REDACTED}"]:
            expect(text in log, f"the log does not contain {text!r}; its end:\n{log[-4000:]}")


def test_terminal(binary):
    """On a terminal, every start writes the administrator's link; to a pipe, only the first start writes the link."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys(binary, folder)
        keys.write(keys.new_line())
        ours, theirs = pty.openpty()
        command = [binary, *Server.SERVE, "--secret-file", keys.path]
        try:
            with spawned(command, stdout=theirs, stderr=subprocess.DEVNULL, env=plain_environment()):
                said, deadline = b"", time.monotonic() + 20
                while said.count(b"\n") < 2 and time.monotonic() < deadline:
                    if select.select([ours], [], [], 0.1)[0]:
                        said += os.read(ours, 65536)
        finally:
            os.close(ours), os.close(theirs)
        expect(re.fullmatch(r"listening on (\S+)\r\nadministrator's link: \1/#token=\S+\r\n", said.decode()), f"said: {said}")


@pytest.mark.timeout(240)
def test_trace(binary):
    """At the level trace, the log records accepted and refused requests, and contains no credentials."""
    with tempfile.TemporaryDirectory() as folder:
        keys, secrets = Keys(binary, folder), Secrets()
        options = ("--secret-file", keys.path, "--log-level", "trace")
        with Server(binary, *options, environment={"LIVE_PROGRESS_QUERY_TOKENS": "true"}) as server:
            said = server.output.next()
            link = f"administrator's link: {server.url}/#token="
            expect(said.startswith(link), f"the second line is {said[:60]!r}")
            admin = secrets.note("the administrator's token", said.removeprefix(link))
            expect_equal(len(secrets.found_in(said)), 3, "secrets found in a text that contains a token")
            secrets["the server's secret"] = Path(keys.path).read_text().split()[-1]
            good = secrets.note("a token", keys.token("create,report,watch,list"))
            ended = secrets.note("a token that has ended", keys.token("admin", time="1s"))
            other = Keys(binary, folder, "other")
            other.write(other.new_line())
            foreign = secrets.note("a token of another key", other.token("admin"))
            made = request("POST", server.url + BASE, bearer(good), b'{"id":"a","state":"S"}').json["tokens"]
            secrets.note("the token to report with", made["report"]), secrets.note("the token to watch with", made["watch"])
            tickets = []
            for number in range(4):
                answer = request("POST", f"{server.url}/api/v1/tickets", bearer([good, made["watch"]][number % 2]))
                tickets.append(secrets.note(f"ticket {number}", answer.json["ticket"]))
            for token in [good, made["report"], made["watch"], admin]:
                expect_equal(request("GET", f"{server.url}{BASE}/a?access_token={token}").status, 200, "a token in the query")
            over_sse(server, good, tickets[0])
            over_sse(server, foreign, tickets[1])
            over_websocket(server, good, tickets[2], made["watch"])
            over_websocket(server, made["watch"], tickets[3], foreign)
            for token in [good, ended, foreign, good[:-4] + "AAAA"]:
                over_http(server, token)
                malformed(server, token)
            done = tool(binary, "watch", f"{server.url}{BASE}/a", "--timeout", "1s", LIVE_PROGRESS_TOKEN=good)
            expect_equal(secrets.found_in(done.stdout + done.stderr), [], "secrets in the output of the tool")
            expect_equal(request("GET", f"{server.url}/healthz").status, 200, "health of the server")
            server.stop()
            log, rest = server.whole_log(), server.output.rest()
        expect_equal(secrets.found_in(log), [], "secrets in the log")
        expect_equal(rest, [], "further lines on standard output")
        for text in [
            " trace live-progress: ", "A caller was authorized", "A caller was refused", "A request was answered",
            "credential=bearer [redacted]", "credential=ticket [redacted]", "credential=query token [redacted]",
            "credential=none", f"target={BASE}/a?access_token=[redacted]", f"target={BASE}/a?ticket=[redacted]",
            f"target={BASE}/[redacted]", "reason=The token has expired.",
        ]:
            expect(text in log, f"the log does not contain {text!r}; its end:\n{log[-4000:]}")
        # A link for each start would put a token into the collected output of a service at each start.
        with Server(binary, *options) as again:
            again.stop()
            expect_equal(again.output.rest(), [], "output of a later start")
