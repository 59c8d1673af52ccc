# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The addresses that a server can listen on, by its keys and its encryption."""

from __future__ import annotations

import asyncio
import ssl
import tempfile
from pathlib import Path

import aiohttp
from harness import BASE, expect, expect_equal
from test_tls import curl
from test_tokens import Keys, tool
from tls import TLSServer


def test_refusal(binary):
    """On an address other than loopback, a server without keys or encryption does not start, and the error names the options."""
    with tempfile.TemporaryDirectory() as folder:
        secret = Path(folder) / "keys"
        for host in ["0.0.0.0", "::"]:
            for options, hints in [
                ((), ["--secret-file", "--tls-cert", "--trusted-proxy", "--insecure"]),
                (("--secret-file", str(secret)), ["--tls-cert", "--trusted-proxy"]),
                (("--trusted-proxy", "127.0.0.1"), ["--secret-file"]),
            ]:
                done = tool(binary, "serve", "--host", host, "--port", "0", "--store", "memory", *options)
                expect_equal(done.returncode, 64, f"exit status on {host} with {options}")
                expect_equal(done.stdout, "", "standard output")
                expect(f"Listening on {host} is refused" in done.stderr, f"error: {done.stderr}")
                for hint in hints:
                    expect(hint in done.stderr, f"{hint} is not in: {done.stderr}")
        expect(not secret.exists(), "a server that did not start has created keys")


def test_guarded_and_encrypted(binary):
    """With keys and TLS, the server accepts authorized workers and watchers, and refuses clients without a token."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys(binary, folder)
        with TLSServer(binary, "--secret-file", keys.path) as server:
            link = server.output.next()
            expect(link.startswith(f"administrator's link: {server.url}/#token="), f"link: {link[:50]}")
            trust = {"LIVE_PROGRESS_CA": str(server.authority.certificate), "LIVE_PROGRESS_SERVER": server.url}
            worker = {**trust, "LIVE_PROGRESS_TOKEN": keys.token("create,report", "--id", "a")}
            made = tool(binary, "report", "a", "--create", "--state", "Reading", **worker)
            expect_equal(made.returncode, 0, f"creating: {made.stderr}")
            url = f"{server.url}{BASE}/a"
            status = ["-o", "/dev/null", "-w", "%{http_version} %{http_code}"]
            watch = keys.token("watch", "--id", "a")
            sign = ["-H", f"Authorization: Bearer {watch}"]
            for protocol, version in [("--http2", "2"), ("--http1.1", "1.1")]:
                expect_equal(curl(server, protocol, *status, *sign, url), f"{version} 200", "with a token")
                expect_equal(curl(server, protocol, *status, url), f"{version} 401", "without one")
                expect_equal(curl(server, protocol, *status, *sign, "-X", "PATCH", "-d", "state=X", url), f"{version} 403", "a report")
            asyncio.run(sockets(server, watch))
            done = tool(binary, "report", "a", "--succeed", **worker)
            expect_equal(done.returncode, 0, f"the end: {done.stderr}")
            for token, expected in [(watch, 0), ("x.y.z", 77)]:
                done = tool(binary, "watch", "a", **{**trust, "LIVE_PROGRESS_TOKEN": token})
                expect_equal(done.returncode, expected, f"watching: {done.stderr}")


async def sockets(server: TLSServer, watch: str) -> None:
    """Connects a watcher with a token over TLS, and a watcher without a token."""
    url = f"https://localhost:{server.port}{BASE}/a"
    context: ssl.SSLContext = server.authority.context("http/1.1")
    async with aiohttp.ClientSession() as session:
        offered = ("live-progress.v1", f"live-progress.bearer.{watch}")
        async with session.ws_connect(url, ssl=context, protocols=offered) as socket:
            expect_equal((await socket.receive_json(timeout=10))["state"], "Reading", "first message")
        try:
            async with session.ws_connect(url, ssl=context, protocols=("live-progress.v1",)):
                expect(False, "a watcher without a token was accepted")
        except aiohttp.WSServerHandshakeError as error:
            expect_equal(error.status, 401, "a watcher without a token")
