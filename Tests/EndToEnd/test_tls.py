# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""TLS and HTTP/2 with curl, aiohttp, OpenSSL and hand-made frames."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import ssl
import struct
import subprocess
import time

import aiohttp
import pytest
from harness import BASE, Lines, expect, expect_equal, plain_environment, spawned
from tls import DATA, GOAWAY, HEADERS, PING, PREFACE, RST_STREAM, SETTINGS, WINDOW_UPDATE, Frames, TLSServer

STEPS = [f"Step {number}" for number in range(1, 6)]


def curl_command(server: TLSServer, *arguments: str) -> list[str]:
    return ["curl", "-sS", "--http2", "--max-time", "30", "--cacert", str(server.authority.certificate), *arguments]


def curl(server: TLSServer, *arguments: str) -> str:
    done = subprocess.run(curl_command(server, *arguments), capture_output=True, text=True, timeout=40)
    expect_equal(done.returncode, 0, f"curl {arguments}: {done.stderr}{done.stdout}")
    return done.stdout


def work(server: TLSServer, name: str) -> None:
    """Reports the rest of a job over HTTP/2."""
    for state in STEPS:
        curl(server, "-X", "PATCH", "-d", f"state={state}", "-o", "/dev/null", f"{server.url}{BASE}/{name}")
    curl(server, "-X", "PATCH", "-d", "status=succeeded", "-o", "/dev/null", f"{server.url}{BASE}/{name}")


def test_http2_streams(binary):
    """curl over HTTP/2 is a complete worker, and a complete watcher by SSE and NDJSON."""
    with TLSServer(binary) as server:
        for number, accepted in enumerate(["text/event-stream", "application/x-ndjson"]):
            url = f"{server.url}{BASE}/job-{number}"
            made = curl(server, "-X", "PUT", "-d", "state=Queued", "-o", "/dev/null", "-w", "%{http_version} %{http_code}", url)
            expect_equal(made, "2 201", "version and status of the creation")
            command = curl_command(server, "-N", "-H", f"Accept: {accepted}", url)
            with spawned(command, stdout=subprocess.PIPE) as process:
                lines = Lines(process.stdout)
                texts = []
                while "Queued" not in (line := lines.next()):
                    pass
                texts.append(line)
                work(server, f"job-{number}")
                texts += [line for line in lines.rest() if "{" in line]
                expect_equal(process.wait(10), 0, "curl's exit code")
            states = [json.loads(text.removeprefix("data:"))["state"] for text in texts]
            expect_equal(states, ["Queued", *STEPS, "Succeeded"], f"states by {accepted}")


def test_http2_long_poll(binary):
    """curl by long polling over HTTP/2 is answered after a change, and a client that disconnects is no longer counted."""
    with TLSServer(binary) as server:
        url = f"{server.url}{BASE}/job"
        tag = server.send("PUT", "job", {"state": "Queued"})["cursor"]
        wait = ["-H", f'If-None-Match: "{tag}"', "-H", "Prefer: wait=20", url]
        metrics = f"{server.url}/metrics"
        with spawned(curl_command(server, *wait), stdout=subprocess.PIPE, text=True) as process:
            await_streams(server, metrics, 1)
            server.send("PATCH", "job", {"state": "Copying"})
            expect_equal(json.loads(process.communicate(timeout=20)[0])["state"], "Copying", "state")
        tag = server.send("PATCH", "job", {"state": "Moving"})["cursor"]
        wait[1] = f'If-None-Match: "{tag}"'
        with spawned(curl_command(server, *wait), stdout=subprocess.PIPE):
            await_streams(server, metrics, 1)
        await_streams(server, metrics, 0)


def await_streams(server: TLSServer, url: str, count: int) -> None:
    deadline = time.monotonic() + 10
    while f"live_progress_streams {count}\n" not in curl(server, url):
        expect(time.monotonic() < deadline, f"there are not {count} streams and long polls")


def test_http2_body_limit(binary):
    """Over HTTP/2, a body over the limit gets a complete refusal, and the server stops reading."""
    with TLSServer(binary) as server:
        body = server.authority.folder / "large"
        body.write_bytes(bytes(4 << 20))
        answer = curl(
            server, "-T", str(body), "-H", "Content-Type: application/json", "-w", "\n%{http_code}", f"{server.url}{BASE}/job"
        )
        problem, status = answer.rsplit("\n", 1)
        expect_equal(status, "413", "status")
        expect("body-too-large" in json.loads(problem)["type"], f"problem: {problem}")


def test_strict_transport_security(binary):
    """Responses have Strict-Transport-Security only if the requested host is a name, and not an IP address."""
    with TLSServer(binary) as server:
        named = ["--resolve", f"progress.test:{server.port}:127.0.0.1", f"https://progress.test:{server.port}/healthz"]
        for version in ("--http2", "--http1.1"):
            expect("strict-transport-security: max-age=" in curl(server, version, "-i", *named).lower(), "no HSTS for a name")
            bare = curl(server, version, "-i", f"{server.url}/healthz").lower()
            expect("strict-transport-security" not in bare, "HSTS is sent for an address")


def test_websocket(binary):
    """aiohttp watches over wss, with and without ALPN: every transition in order, and the close code 1000."""

    async def watch(server: TLSServer, *protocols: str) -> tuple:
        url = f"wss://localhost:{server.port}{BASE}/job"
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(url, ssl=server.authority.context(*protocols)) as socket:
                states = [(await socket.receive_json(timeout=10))["state"]]
                for state in STEPS:
                    await asyncio.to_thread(server.send, "PATCH", "job", {"state": state})
                    states.append((await socket.receive_json(timeout=10))["state"])
                return states

    async def end(server: TLSServer) -> int:
        url = f"wss://localhost:{server.port}{BASE}/job"
        async with aiohttp.ClientSession() as session:
            async with session.ws_connect(url, ssl=server.authority.context()) as socket:
                await socket.receive(timeout=10)
                await asyncio.to_thread(server.send, "PATCH", "job", {"status": "succeeded"})
                while not (await socket.receive(timeout=10)).type == aiohttp.WSMsgType.CLOSE:
                    pass
                return socket.close_code

    with TLSServer(binary) as server:
        server.send("PUT", "job", {"state": "Queued"})
        expect_equal(asyncio.run(watch(server)), ["Queued", *STEPS], "states")
        expect_equal(asyncio.run(watch(server, "http/1.1")), [STEPS[-1], *STEPS], "states with ALPN")
        expect_equal(asyncio.run(end(server)), 1000, "close code")


def test_versions(binary):
    """The server accepts TLS 1.2 and 1.3 only; ALPN selects h2, http/1.1 or no protocol."""

    def handshake(server: TLSServer, version: ssl.TLSVersion, *protocols: str) -> str | None:
        context = server.authority.context(*protocols)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as secure:
                return secure.selected_alpn_protocol()

    with TLSServer(binary) as server:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            expect_equal(handshake(server, version, "h2", "http/1.1"), "h2", "choice")
            expect_equal(handshake(server, version, "http/1.1"), "http/1.1", "choice")
            expect_equal(handshake(server, version), None, "choice")
        reason = None
        try:
            handshake(server, ssl.TLSVersion.TLSv1_1)
        except ssl.SSLError as error:
            reason = error.reason
        expect_equal(reason, "TLSV1_ALERT_PROTOCOL_VERSION", "why TLS 1.1 is refused")


@pytest.mark.timeout(180)
def test_renewal(binary):
    """New connections use a renewed certificate, open connections continue, and an invalid pair changes nothing."""
    with TLSServer(binary) as server:
        server.send("PUT", "job", {"state": "Queued"})
        stream = server.connect()
        stream.sendall(f"GET {BASE}/job HTTP/1.1\r\nHost: localhost\r\nAccept: application/x-ndjson\r\n\r\n".encode())
        reader = stream.makefile("rb")
        expect_equal(server.certificate_name(), "first", "certificate")
        certificate, key = server.authority.issue("second")
        server.install(certificate, b"nonsense")
        server.reload()
        server.await_log("cannot be renewed")
        expect_equal(server.certificate_name(), "first", "certificate after an invalid pair")
        server.install(certificate, key)
        server.reload()
        server.await_certificate("second")
        # Without a signal, the server checks the files at intervals.
        server.install(*server.authority.issue("third"))
        server.await_certificate("third")
        server.send("PATCH", "job", {"status": "succeeded"})
        rest = reader.read()
        expect(b"Queued" in rest and b'"type":"end"' in rest, f"the stream from before: {rest[-300:]!r}")
        expect_equal(dict(p[0] for p in stream.getpeercert()["subject"])["commonName"], "first", "its certificate")
        stream.close()


def test_half_close(binary):
    """A client that sends close_notify after its request receives the response and a close_notify."""
    with TLSServer(binary) as server:
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = server.authority.context().wrap_bio(incoming, outgoing, server_hostname="localhost")
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as plain:

            def until_done(action):
                while True:
                    try:
                        return action()
                    except ssl.SSLWantReadError:
                        plain.sendall(outgoing.read())
                        piece = plain.recv(65536)
                        incoming.write(piece) if piece else incoming.write_eof()

            until_done(tls.do_handshake)
            tls.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.unwrap()
            plain.sendall(outgoing.read())
            answer = b""
            # After a close_notify, a read returns no bytes; without a close_notify, a read would raise an error.
            while piece := until_done(lambda: read_or_end(tls)):
                answer += piece
        expect(answer.endswith(b"ok\n"), f"answer: {answer!r}")


def read_or_end(tls: ssl.SSLObject) -> bytes:
    try:
        return tls.read(65536)
    except ssl.SSLZeroReturnError:
        return b""


@pytest.mark.timeout(180)
def test_slow_handshakes(binary):
    """The server closes a connection whose TLS handshake takes over 10 s, and an HTTP/2 connection without a request."""
    with TLSServer(binary) as server:
        frames = Frames(server)
        with socket.create_connection(("127.0.0.1", server.port), timeout=20) as silent:
            silent.sendall(b"\x16\x03\x01")
            started = time.monotonic()
            expect_equal(silent.recv(100), b"", "answer to an incomplete handshake")
            took = time.monotonic() - started
        expect(8 < took < 13, f"the connection was closed after {took:.1f} s")
        kinds = [kind for kind, *_ in frames.rest(10)]
        expect_equal(kinds.count(GOAWAY), 2, f"GOAWAY frames among {kinds}")


def test_rapid_reset(binary):
    """SETTINGS has the limits of HTTP/2, and a client that resets many streams is disconnected."""
    with TLSServer(binary) as server:
        frames = Frames(server)
        kind, _, _, payload = frames.next()
        expect_equal(kind, SETTINGS, "the first frame")
        settings = dict(struct.unpack(">HI", payload[at : at + 6]) for at in range(0, len(payload), 6))
        expect_equal((settings.get(3), settings.get(6)), (100, 32768), "concurrent streams, and size of the header fields")
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            for number in range(2000):
                stream = 2 * number + 1
                reset = Frames.frame(RST_STREAM, struct.pack(">I", 8), stream=stream)
                frames.send(Frames.get(stream, b"/healthz") + reset)
        goodbyes = [payload for kind, _, _, payload in frames.rest(10) if kind == GOAWAY]
        codes = [struct.unpack(">I", payload[4:8])[0] for payload in goodbyes]
        expect(not goodbyes or 0xB in codes, f"codes of the GOAWAY frames: {codes}")
        expect_equal(curl(server, f"{server.url}/healthz"), "ok\n", "answer to other clients")


def test_malformed_requests(binary):
    """Malformed requests over HTTP/2 reach no route, and end only their own connection."""

    def field(name: bytes, value: bytes) -> bytes:
        return b"\0" + bytes([len(name)]) + name + bytes([len(value)]) + value

    start = b"\x82\x87\x41\x09localhost"
    blocks = [
        start,  # without a path
        start + field(b":path", b""),
        start + b"\x84" + field(b"X-Upper", b"1"),
        start + b"\x84" + field(b"upgrade", b"websocket"),
        start + b"\x84" + field(b"connection", b"upgrade"),
        start + b"\x84" + field(b"x", b"1\r\nhost: evil.example"),
        field(b":method", b"G T") + b"\x87\x41\x09localhost\x84",
        b"\xff" * 6,  # an invalid header block
        start + b"\x84" + b"".join(field(b"x-%03d" % n, b"v" * 90) for n in range(150)),  # more than one frame can contain
    ]
    with TLSServer(binary) as server:
        bystander = Frames(server)
        for block in blocks:
            frames = Frames(server)
            frames.send(Frames.frame(HEADERS, block, flags=0x5, stream=1))
            kinds = [kind for kind, *_ in frames.rest(10)]
            expect(HEADERS not in kinds and {RST_STREAM, GOAWAY} & set(kinds), f"{kinds} in answer to {block!r}")
        bystander.send(Frames.get(1, b"/healthz"))
        while (frame := bystander.next())[0] != HEADERS:
            expect(frame[0] != GOAWAY, "another connection was ended")


@pytest.mark.alone
def test_shutdown(binary):
    """After SIGTERM, HTTP/2 streams and idle connections end properly, and the server exits with 0 within 2 s."""
    with TLSServer(binary) as server:
        server.send("PUT", "job", {"state": "Queued"})
        url = f"{server.url}{BASE}/job"
        idle = Frames(server)
        command = curl_command(server, "-N", "-H", "Accept: text/event-stream", url)
        with spawned(command, stdout=subprocess.PIPE) as process:
            lines = Lines(process.stdout)
            while "Queued" not in lines.next():
                pass
            started = time.monotonic()
            server.process.terminate()
            lines.rest()
            expect_equal(process.wait(10), 0, "curl's exit code")
            kinds = []
            while (frame := idle.next()) is not None:
                kinds.append(frame[0])
                if frame[0] == PING and not frame[1] & 1:
                    idle.send(Frames.frame(PING, frame[3], flags=1))
            expect_equal(kinds.count(GOAWAY), 2, f"GOAWAY frames to the idle connection among {kinds}")
            expect_equal(server.process.wait(10), 0, f"exit code; the log:\n{server.tail()}")
            took = time.monotonic() - started
        expect(took < 2, f"it took {took:.2f} s")


def test_tool(binary):
    """The tool works over TLS with --ca, and refuses an untrusted server."""

    def run(server: TLSServer, *arguments: str) -> subprocess.CompletedProcess:
        command = [str(binary), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, env=plain_environment())

    with TLSServer(binary) as server:
        trust = ["--ca", str(server.authority.certificate)]
        url = f"{server.url}{BASE}/job"
        expect_equal(run(server, "report", url, "--create", "--state", "Copying", *trust).returncode, 0, "report")
        expect("Copying" in run(server, "get", url, *trust).stdout, "get does not show the state")
        ran = run(server, "run", "--server", server.url, "--id", "run", *trust, "--", "true")
        expect_equal(ran.returncode, 0, f"run: {ran.stderr}")
        expect("https://" in ran.stderr, f"run gives no link: {ran.stderr}")
        expect_equal(run(server, "watch", f"{server.url}{BASE}/run", *trust).returncode, 0, "watch")
        for command in ("get", "watch", "cancel"):
            stranger = run(server, command, url)
            expect_equal(stranger.returncode, 77, f"{command} without trust")
            expect("trusted" in stranger.stderr, f"the error does not contain the reason: {stranger.stderr}")


@pytest.mark.timeout(180)
def test_http2_unread(binary):
    """A stream is reset if its flow-control window stays closed; its connection and slow readers continue."""

    def window(size: int) -> bytes:
        initial_window_size = 4
        return Frames.frame(SETTINGS, struct.pack(">HI", initial_window_size, size))

    with TLSServer(binary, environment={"LIVE_PROGRESS_UNREAD_TIMEOUT": "2"}) as server:
        server.send("PUT", "job", {"state": "Queued", "details": "x" * 60_000})
        deaf = Frames(server)
        deaf.send(window(0) + Frames.get(1, f"{BASE}/job".encode()))
        started = time.monotonic()
        while (frame := deaf.next())[0] != RST_STREAM:
            expect(frame[0] in (HEADERS, SETTINGS), f"frame {frame}")
        expect_equal((frame[2], frame[3]), (1, struct.pack(">I", 8)), "stream and CANCEL")
        expect(1.5 < time.monotonic() - started < 10, "the timeout was wrong")
        deaf.send(window(65_535) + Frames.get(3, f"{BASE}/job".encode()))
        while (frame := deaf.next())[2] != 3 or not frame[1] & 1:
            expect(frame[0] != GOAWAY, "its connection has ended")
        slow = Frames(server)
        slow.send(window(16 * 1024) + Frames.get(1, f"{BASE}/job".encode()))
        size = 0
        while (frame := slow.next())[2] != 1 or not frame[1] & 1:
            if frame[0] == DATA and frame[3]:
                size += len(frame[3])
                time.sleep(1.2)
                slow.send(Frames.frame(WINDOW_UPDATE, struct.pack(">I", len(frame[3])), stream=1))
        expect(size > 60_000, f"only {size} bytes of the answer")
        refused = curl(server, f"{server.url}/metrics")
        expect('refusals_total{limit="unread-time"} 1\n' in refused, "a slow stream was reset, or the reset was not counted")


@pytest.mark.timeout(180)
def test_tls_unread(binary):
    """A TLS connection whose client does not read is closed without a wait for the client's close_notify."""
    with TLSServer(binary, environment={"LIVE_PROGRESS_UNREAD_TIMEOUT": "2"}) as server:
        server.send("PUT", "job", {"state": "Queued", "details": "x" * 60_000})
        request = f"GET {BASE}/job HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        for protocol, whole in (("http/1.1", request * 200), ("h2", None)):
            deaf = server.connect(protocol)
            if whole is None:
                # The windows are open, but the client does not read.
                settings = Frames.frame(SETTINGS, struct.pack(">HI", 4, 1 << 30))
                more = Frames.frame(WINDOW_UPDATE, struct.pack(">I", 1 << 30))
                whole = PREFACE + settings + more
                whole += b"".join(Frames.get(2 * n + 1, f"{BASE}/job".encode()) for n in range(100))
            deaf.sendall(whole)
            count = 1 if protocol == "http/1.1" else 2
            deadline = time.monotonic() + 20
            # The remaining connection is the one of this request.
            wanted = (f'refusals_total{{limit="unread-time"}} {count}\n', "live_progress_connections 1\n")
            while not all(line in (metrics := curl(server, f"{server.url}/metrics")) for line in wanted):
                expect(time.monotonic() < deadline, f"a client of {protocol} that does not read stays connected:\n{metrics}")
                time.sleep(0.2)
            deaf.close()


def test_unusable_files(binary):
    """The server does not start with unusable files; the exit code is 64, and the error contains the reason."""
    command = [str(binary), "serve", "--port", "0", "--store", "memory"]
    for more, reason in (
        (["--tls-cert", "/nowhere/c.pem", "--tls-key", "/nowhere/k.pem"], "/nowhere/c.pem"),
        (["--tls-cert", "/nowhere/c.pem"], "--tls-key"),
        (["--trusted-proxy", "10.0.0.0/99"], "10.0.0.0/99"),
        (["--host", "0.0.0.0"], "--insecure"),
    ):
        done = subprocess.run([*command, *more], capture_output=True, text=True, timeout=20, env=plain_environment())
        expect_equal(done.returncode, 64, f"exit code with {more}")
        expect(reason in done.stderr, f"the error does not contain {reason!r}: {done.stderr}")
