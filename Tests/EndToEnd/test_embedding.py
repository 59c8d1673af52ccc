# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The example application that embeds Live Progress: sessions, its path, a proxy and its shutdown."""

from __future__ import annotations

import asyncio
import re
import shutil
import signal
import socket
import subprocess
import time
from urllib.parse import urljoin

import pytest
from harness import ROOT, Lines, expect, expect_equal, plain_environment, request
from rawsocket import BlockingSocket

APP = ROOT / "bin" / "hummingbird-app"
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/bin:/opt/homebrew/bin:/usr/bin")
PATHS = ["/api/v1/progress", "/internal/jobs"]


class App:
    """The example application on a free port, with a user who is logged in."""

    def __init__(self, path: str):
        variables = plain_environment(PORT="0", PROGRESS_PATH=path)
        self.process = subprocess.Popen([APP], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=variables)
        lines = Lines(self.process.stdout)
        while not (match := re.search(r"listening on 127\.0\.0\.1:(\d+)", lines.next(20) or "")):
            pass
        self.path, self.port = path, int(match.group(1))
        self.url = f"http://127.0.0.1:{self.port}"
        answer = request("POST", f"{self.url}/login/ada")
        self.cookie = {"Cookie": answer.headers["set-cookie"].split(";")[0]}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def start(self, url: str | None = None) -> str:
        """Starts an import, and returns the link of its operation."""
        base = (url or self.url) + "/imports"
        answer = request("POST", base, self.cookie)
        expect_equal(answer.status, 202, f"answer {answer.body!r}")
        return urljoin(base, answer.headers["location"])


@pytest.fixture(params=PATHS)
def app(request):
    with App(request.param) as app:
        yield app


@pytest.fixture
def proxy(app, tmp_path):
    """Runs an nginx that serves the application below `/lp`, and returns its URL."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    folders = " ".join(
        f"{name}_temp_path {tmp_path}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(f"""
daemon off; pid {tmp_path}/pid; error_log {tmp_path}/errors; worker_processes 1;
events {{}}
http {{
    access_log off; {folders}
    server {{
        listen 127.0.0.1:{port};
        location /lp/ {{
            proxy_pass http://127.0.0.1:{app.port}/;
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $http_connection;
        }}
    }}
}}
""")
    process = subprocess.Popen([NGINX, "-c", str(configuration), "-e", f"{tmp_path}/errors"])
    try:
        deadline = time.monotonic() + 10
        while socket.socket().connect_ex(("127.0.0.1", port)):
            expect(time.monotonic() < deadline and process.poll() is None, "nginx does not listen")
        yield f"http://127.0.0.1:{port}/lp"
    finally:
        process.terminate()
        process.wait(10)


def test_sessions(app):
    """The response to an import has its link; only its user can see it, and it can be cancelled."""
    link = app.start()
    expect_equal(link.rsplit("/", 1)[0], app.url + app.path, "the base of the link")
    seen = request("GET", link, {**app.cookie, "Accept": "application/json"})
    expect_equal((seen.status, seen.json["title"]), (200, "Import customers"), "what the user sees")
    expect_equal(request("GET", link).status, 401, "status without a session")
    other = {"Cookie": request("POST", f"{app.url}/login/eve").headers["set-cookie"].split(";")[0]}
    expect_equal(request("GET", link, other).status, 404, "status for another user")
    expect_equal(request("POST", link + "/cancel", app.cookie).status, 202, "answer to the request to cancel")
    stream = request("GET", link, {**app.cookie, "Accept": "application/x-ndjson"})
    expect('"status":"cancelled"' in stream.body.decode().splitlines()[-1], f"it ended with {stream.body[-300:]!r}")


def test_origins(app):
    """A page of another origin can neither watch nor cancel, with or without the user's cookie."""
    link = app.start()
    for fields in ({}, app.cookie):
        for origin, status in (("https://evil.example", 403), ("null", 403), (app.url, 101 if fields else 401)):
            sent = {**fields, "Origin": origin}
            expect(f" {status} " in BlockingSocket(link.replace("http", "ws", 1), fields=sent).head, f"upgrade of {origin}")
    evil = {**app.cookie, "Origin": "https://evil.example"}
    expect_equal(request("POST", link + "/cancel", evil).status, 403, "a cancel of another origin")
    expect_equal(request("GET", link, {**app.cookie, "Accept": "application/json"}).json["status"], "running", "status")


async def test_prefix(app, proxy, browser):
    """Behind nginx with a path prefix, the link, the page, its WebSocket and its cancel button work without configuration."""
    link = app.start(proxy)
    expect(link.startswith(proxy + app.path), f"the link is {link}")
    name, value = app.cookie["Cookie"].split("=")
    async with await browser.tab() as tab:
        await tab.call("Network.setCookie", name=name, value=value, url=proxy)
        await tab.go(link)
        await tab.wait_text("#connection-text", "Live")
        await tab.click("#cancel")
        await tab.wait("/cancel/i.test(document.querySelector('#status').textContent)")
    head = BlockingSocket(link.replace("http", "ws", 1), fields={**app.cookie, "Origin": "https://evil.example"}).head
    expect(" 403 " in head, f"upgrade of another origin: {head}")


@pytest.mark.alone
def test_sigterm(app):
    """After SIGTERM with open streams and WebSockets, the application exits with 0 within 2 s."""
    link = app.start()
    sockets = [BlockingSocket(link.replace("http", "ws", 1), fields=app.cookie) for _ in range(10)]
    for each in sockets:
        expect(" 101 " in each.head, f"upgrade: {each.head}")

    async def follow():
        streams = []
        for _ in range(10):
            reader, writer = await asyncio.open_connection("127.0.0.1", app.port)
            fields = f"Host: 127.0.0.1:{app.port}\r\nCookie: {app.cookie['Cookie']}\r\nAccept: text/event-stream\r\n\r\n"
            writer.write(f"GET {app.path}/{link.rsplit('/', 1)[1]} HTTP/1.1\r\n{fields}".encode())
            await asyncio.wait_for(reader.readuntil(b"data:"), 10)
            streams.append((reader, writer))
        started = time.monotonic()
        app.process.send_signal(signal.SIGTERM)
        code = await asyncio.to_thread(app.process.wait, 10)
        return code, time.monotonic() - started

    code, took = asyncio.run(follow())
    expect_equal(code, 0, "exit code")
    expect(took < 2, f"it took {took:.2f} s")
