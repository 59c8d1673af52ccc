# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Each limit with a low value: clients over the limit are refused and counted, and other clients are not affected."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import sys
import time

import pytest
from harness import BASE, Server, expect, expect_equal, request
from rawsocket import BlockingSocket

FULL = "live-progress.v1"
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


@contextlib.contextmanager
def limited(binary, **limits: int):
    """Starts a server with the given limits; the parameters are the names of the keys in snake case."""
    variables = {f"LIVE_PROGRESS_{name.upper()}": str(value) for name, value in limits.items()}
    with Server(binary, environment=variables) as server:
        yield server


def metrics(server: Server) -> str | None:
    answer = request("GET", server.url + "/metrics")
    return answer.body.decode() if answer.status == 200 else None


def metric(server: Server, name: str) -> int:
    return count(metrics(server) or "", name)


def count(text: str, name: str) -> int:
    match = re.search(rf"^live_progress_{re.escape(name)} (\d+)$", text, re.MULTILINE)
    expect(match, f"no metric {name} in:\n{text}")
    return int(match.group(1))


def refusals(server: Server, limit: str) -> int:
    return metric(server, f'limit_refusals_total{{limit="{limit}"}}')


def dial(server: Server, source: str = "127.0.0.1", receive_buffer: int | None = None) -> socket.socket:
    connection = socket.socket()
    connection.settimeout(20)
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.bind((source, 0))
    connection.connect(("127.0.0.1", server.port))
    return connection


def whole(connection: socket.socket) -> bytes:
    """Returns all bytes until the server closes or resets the connection."""
    data = b""
    with contextlib.suppress(ConnectionError):
        while piece := connection.recv(65536):
            data += piece
    return data


def expect_problem(answer: bytes, status: int, limit: str) -> dict:
    """Checks that a response is a complete problem which names the limit and closes the connection."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    expect(lines[0].startswith(f"http/1.1 {status} "), f"answer: {answer[:300]!r}")
    expect("content-type: application/problem+json" in lines, f"content type in {lines}")
    expect("connection: close" in lines, f"connection in {lines}")
    if status in (429, 503):
        expect(any(line.startswith("retry-after: ") for line in lines), f"Retry-After in {lines}")
    problem = json.loads(body)
    expect_equal((problem["status"], problem.get("limit")), (status, limit), "status and limit of the problem")
    return problem


def test_connections(binary):
    """The number of connections: a connection over the limit gets 503, until another connection has closed."""
    with limited(binary, maximum_connections=3) as server:
        operation = server.operation(state="Queued")
        watcher = BlockingSocket(operation.socket_url, FULL)
        watcher.next()
        # The worker and the watcher have two connections.
        # Several threads accept connections, so only a response shows that a connection was accepted.
        inside = dial(server)
        inside.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        expect(inside.recv(65536).startswith(b"HTTP/1.1 200 "), "one inside was not served")
        expect_problem(whole(dial(server)), 503, "connections")
        operation.step(1)
        expect_equal(watcher.next()["state"], "Step 1", "update inside")
        inside.close()
        # The response that shows the free place has the count: the next connection may be refused again.
        text = wait_until(lambda: metrics(server), "place after one has left")
        expect(count(text, 'limit_refusals_total{limit="connections"}') >= 1, "the refusal was not counted")


def wait_until(condition, what: str, seconds: float = 15):
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        expect(time.monotonic() < deadline, f"no {what} within {seconds} s")
        time.sleep(0.05)
    return value


def test_connections_per_address(binary):
    """Connections of one address: other addresses are served."""
    if sys.platform != "linux":
        return  # Only Linux has several loopback addresses by default.
    with limited(binary, maximum_connections_per_address=2) as server:
        inside = [dial(server, "127.0.0.2") for _ in range(2)]
        for connection in inside:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            expect(connection.recv(65536).startswith(b"HTTP/1.1 200 "), "one inside was not served")
        expect_problem(whole(dial(server, "127.0.0.2")), 429, "connections-per-address")
        expect_equal(refusals(server, "connections-per-address"), 1, "counted refusals")
        inside.pop().close()
        wait_until(lambda: served(dial(server, "127.0.0.2")), "place after one has left")


def served(connection: socket.socket) -> bool:
    with connection, contextlib.suppress(ConnectionError):
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        return whole(connection).startswith(b"HTTP/1.1 200 ")
    return False


def test_requests_per_forwarded_address(binary):
    """Requests of one address behind a trusted proxy, on all connections of the proxy: other addresses are served."""
    with limited(binary, maximum_connections_per_address=2, trusted_proxies="127.0.0.1") as server:
        operation = server.operation(state="Queued")

        def ask(client: str, *fields: str) -> socket.socket:
            lines = [f"GET {operation.path} HTTP/1.1", f"Host: 127.0.0.1:{server.port}", f"X-Forwarded-For: {client}"]
            connection = dial(server)
            connection.sendall("\r\n".join([*lines, *fields, "", ""]).encode())
            return connection

        def status(client: str) -> bytes:
            return whole(ask(client, "Connection: close"))[:12]

        upgrade = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {KEY}")
        inside = [ask("192.0.2.1", *upgrade), ask("192.0.2.1", "Accept: text/event-stream")]
        for connection, expected in zip(inside, (b"HTTP/1.1 101 ", b"HTTP/1.1 200 ")):
            expect(connection.recv(65536).startswith(expected), "one inside was not served")
        expect_problem(whole(ask("192.0.2.1", "Connection: close")), 429, "connections-per-address")
        refused = ask("192.0.2.1", *upgrade)
        expect(refused.recv(65536).startswith(b"HTTP/1.1 429 "), "an upgrade over the limit was not refused")
        expect_equal(refusals(server, "connections-per-address"), 2, "counted refusals")
        expect_equal(status("192.0.2.2"), b"HTTP/1.1 200", "answer to another address")
        for number, connection in enumerate(inside):
            connection.close()
            wait_until(lambda: status("192.0.2.1") == b"HTTP/1.1 200", f"place after {number + 1} have left")


def test_watchers_per_operation(binary):
    """Watchers of one operation, over all transports: accepted watchers receive every update."""
    with limited(binary, maximum_watchers_per_operation=2) as server:
        operation = server.operation(state="Queued")
        inside = [BlockingSocket(operation.socket_url, FULL) for _ in range(2)]
        for watcher in inside:
            watcher.next()
        refused = BlockingSocket(operation.socket_url, FULL)
        expect(refused.head.startswith("HTTP/1.1 503 "), f"answer to the upgrade: {refused.head}")
        expect("retry-after:" in refused.head.lower(), f"answer to the upgrade: {refused.head}")
        stream = request("GET", operation.url, {"Accept": "text/event-stream"})
        expect_equal((stream.status, stream.json["limit"]), (503, "watchers-per-operation"), "answer to the stream")
        expect_equal(request("GET", operation.url).status, 200, "status of a reading")
        expect_equal(refusals(server, "watchers-per-operation"), 2, "counted refusals")
        operation.step(1)
        for watcher in inside:
            expect_equal(watcher.next()["state"], "Step 1", "update inside")
        inside.pop().socket.close()
        wait_until(lambda: metric(server, "websockets") == 1, "leaving")
        expect_equal(BlockingSocket(operation.socket_url, FULL).next()["state"], "Step 1", "new watcher after another has left")


def test_operations(binary):
    """The number of operations: a creation over the limit gets 503."""
    with limited(binary, maximum_operations=2) as server:
        kept = [server.operation(), server.operation()]
        answer = request("PUT", f"{server.url}{BASE}/one-too-many")
        expect_equal((answer.status, answer.json["limit"]), (503, "operations"), "answer")
        expect("retry-after" in answer.headers, f"no Retry-After in {answer.headers}")
        expect_equal(refusals(server, "operations"), 1, "counted refusals")
        kept[0].step(1)


def test_report_rate(binary):
    """Reports per second for one operation: an end is always accepted."""
    with limited(binary, reports_per_second=1, report_burst=3) as server:
        operation = server.operation()
        for number in range(3):
            operation.step(number)
        problem = operation.send("PATCH", {"state": "Too fast"}, expected=(429,))
        expect_equal(problem["limit"], "report-rate", "limit")
        other = server.operation()
        other.step(1)
        operation.succeed()
        expect_equal(request("GET", operation.url).json["status"], "succeeded", "status")
        expect_equal(refusals(server, "report-rate"), 1, "counted refusals")


def test_sizes(binary):
    """The size of a request target, of header fields and of a body."""
    with limited(binary, maximum_target_size=512, maximum_header_size=4096, maximum_body_size=2048) as server:
        host = f"Host: 127.0.0.1:{server.port}\r\n"
        put = f"PUT {BASE}/a HTTP/1.1\r\n{host}"
        rows = [
            (f"GET /{'x' * 600} HTTP/1.1\r\n{host}\r\n", 414, "target-size"),
            (f"GET / HTTP/1.1\r\n{host}X: {'x' * 5000}\r\n\r\n", 431, "header-size"),
            (f"GET / HTTP/1.1\r\n{host}" + "a: b\r\n" * 200 + "\r\n", 431, "header-size"),
            (f"{put}Content-Length: 2049\r\n\r\n", 413, "body-size"),
            (f"{put}Transfer-Encoding: chunked\r\n\r\n801\r\n" + "x" * 2049, 413, "body-size"),
        ]
        for text, status, limit in rows:
            connection = dial(server)
            connection.sendall(text.encode())
            expect_problem(whole(connection), status, limit)
        counted = {limit: refusals(server, limit) for limit in ("target-size", "header-size", "body-size")}
        expect_equal(counted, {"target-size": 1, "header-size": 2, "body-size": 2}, "counted refusals")


def test_messages(binary):
    """The size of a WebSocket message, and the messages per minute."""
    with limited(binary, maximum_message_size=256, maximum_messages_per_minute=5) as server:
        operation = server.operation(cancellable=True)
        inside = BlockingSocket(operation.socket_url, FULL)
        inside.next()
        large = BlockingSocket(operation.socket_url, FULL)
        large.send_text("x" * 257)
        large.rest()
        expect_equal(large.close_code, 1009, "close code after a large message")
        many = BlockingSocket(operation.socket_url, FULL)
        for _ in range(6):
            many.send_text('{"type":"cancel"}')
        many.rest()
        expect_equal(many.close_code, 1008, "close code after many messages")
        expect_equal(inside.next()["status"], "cancelling", "what the one inside gets")
        expect_equal(refusals(server, "message-size"), 1, "counted refusals by size")
        expect_equal(refusals(server, "message-rate"), 1, "counted refusals by rate")


@pytest.mark.alone
def test_times(binary):
    """The timeouts of a request head, of a body and of an idle connection."""
    with limited(binary, head_timeout=1, body_timeout=2, idle_timeout=3) as server:
        host = f"Host: 127.0.0.1:{server.port}\r\n"
        silent, head, body, idle = (dial(server) for _ in range(4))
        head.sendall(b"GET / HTTP/1.1\r\n")
        body.sendall(f"PUT {BASE}/a HTTP/1.1\r\n{host}Content-Length: 9\r\n\r\n123".encode())
        idle.sendall(f"GET /healthz HTTP/1.1\r\n{host}\r\n".encode())
        started = time.monotonic()
        expect_equal(whole(silent), b"", "answer to nothing")
        expect_problem(whole(head), 408, "head-time")
        expect(time.monotonic() - started < 2, "the timeout of the head was too long")
        expect_problem(whole(body), 408, "body-time")
        expect(whole(idle).startswith(b"HTTP/1.1 200 "), "the request before idling was not answered")
        expect(2.5 < time.monotonic() - started < 10, "the idle timeout was wrong")
        counted = {limit: refusals(server, limit) for limit in ("head-time", "body-time", "idle-time")}
        expect_equal(counted, {"head-time": 2, "body-time": 1, "idle-time": 1}, "counted refusals")


@pytest.mark.timeout(180)
def test_unread(binary):
    """A client that does not read a response, a stream or a WebSocket's messages is disconnected."""
    with limited(binary, unread_timeout=2) as server:
        operation = server.operation(state="Queued", details="x" * 30_000)
        path, host = operation.path, f"Host: 127.0.0.1:{server.port}\r\n"
        inside = BlockingSocket(operation.socket_url, FULL)
        inside.next()
        answers, stream, reader = dial(server, receive_buffer=4096), dial(server, receive_buffer=4096), dial(server)
        watcher = BlockingSocket(operation.socket_url, FULL, receive_buffer=4096)
        answers.sendall(f"GET {path} HTTP/1.1\r\n{host}\r\n".encode() * 200)
        for one in (stream, reader):
            one.sendall(f"GET {path} HTTP/1.1\r\n{host}Accept: text/event-stream\r\n\r\n".encode())
        deadline, number = time.monotonic() + 30, 0
        while refusals(server, "unread-time") < 3:
            expect(time.monotonic() < deadline, f"{refusals(server, 'unread-time')} of 3 were disconnected")
            number += 1
            operation.report(state=f"Step {number}", details="x" * 30_000)
            expect_equal(inside.next()["state"], f"Step {number}", "what the one inside gets")
            expect(reader.recv(1 << 20), "the stream of a reading client ended")
        wait_until(lambda: metric(server, "websockets") == 1, "end of the watcher alone")
        wait_until(lambda: metric(server, "streams") == 1, "end of the stream alone")
        for one in (answers, stream, reader):
            one.close()
        watcher.socket.close()


def test_history(binary):
    """The stored bytes of reports, of one operation and of all operations."""
    with limited(binary, maximum_history_bytes=20_000, maximum_history_bytes_per_operation=4096) as server:
        operation = server.operation()
        cursors = [operation.report(state=str(n), details="x" * 1000)["cursor"] for n in range(10)]
        expect(metric(server, "history_bytes") <= 4096, "an operation stores more than its limit")
        late = BlockingSocket(f"{operation.socket_url}?cursor={cursors[0]}", FULL).next()
        expect_equal((late["state"], late["resumed"]), ("9", False), "first message with an old cursor")
        near = BlockingSocket(f"{operation.socket_url}?cursor={cursors[8]}", FULL).next()
        expect_equal((near["state"], near["resumed"]), ("9", True), "first message with a recent cursor")
        inside = [operation] + [server.operation(state="0", details="x" * 3500) for _ in range(5)]
        answer = request("PUT", f"{server.url}{BASE}/one-too-many")
        expect_equal((answer.status, answer.json["limit"]), (503, "history-bytes"), "answer to a creation")
        expect("retry-after" in answer.headers, f"no Retry-After in {answer.headers}")
        expect_equal(refusals(server, "history-bytes"), 1, "counted refusals")
        for one in inside:
            one.step(1)
        expect_equal(request("PUT", f"{server.url}{BASE}/in-time").status, 201, "status after space was freed")


def test_descriptors(binary):
    """Without free descriptors, the server pauses, serves the open connections, and recovers by itself."""
    if sys.platform != "linux":
        return  # Only Linux can change a limit of another process.
    import resource

    with limited(binary) as server:
        operation = server.operation(state="Queued")
        watcher = BlockingSocket(operation.socket_url, FULL)
        watcher.next()
        resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE, (48, 48))
        crowd = [dial(server) for _ in range(80)]
        for number in range(5):
            operation.step(number)
            expect_equal(watcher.next()["state"], f"Step {number}", "update while there is no descriptor")
            time.sleep(0.1)
        for connection in crowd:
            connection.close()
        wait_until(lambda: served(dial(server)), "recovery")
        expect(metric(server, "accept_pauses_total") > 0, "no pause was counted")
        operation.succeed()
        expect_equal(watcher.rest()[-1]["status"], "succeeded", "end")
