# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The bytes on the wire: the plain format, refusals, cursors, deletion and cancellation."""

from __future__ import annotations

import json
import struct
from urllib.parse import urljoin

from harness import BASE, Operation, expect, expect_equal, request
from rawsocket import TEXT, BlockingSocket, frame

FULL = "live-progress.v1"


class TextSocket(BlockingSocket):
    """A watcher that returns the exact text of its messages."""

    def next_text(self) -> str | None:
        while True:
            while self.waiting:
                opcode, payload = self.waiting.pop(0)
                if opcode == TEXT:
                    return payload.decode()
                if opcode == 8:
                    self.close_code = struct.unpack(">H", payload[:2])[0]
                    self.socket.sendall(frame(8, payload[:2]))
            data = self.socket.recv(65536)
            if not data:
                return None
            self.waiting += self.reader.feed(data)


def test_plain_bytes(server):
    """A plain watcher receives exactly the two members state and details, from Pending to the end."""
    operation = server.operation()
    watcher = TextSocket(operation.socket_url)
    expect_equal(watcher.next_text(), '{"state":"Pending","details":null}', "first message")
    operation.report(state="Processing", details={"percentComplete": 50, "currentStep": "Validating data"})
    expect_equal(
        watcher.next_text(),
        '{"state":"Processing","details":{"percentComplete":50,"currentStep":"Validating data"}}',
        "message",
    )
    operation.report(state="Waiting")
    expect_equal(watcher.next_text(), '{"state":"Waiting","details":null}', "message without details")
    operation.report(state="Done", status="succeeded")
    expect_equal(watcher.next_text(), '{"state":"Done","details":null}', "last message")
    expect_equal(watcher.next_text(), None, "after the end")
    expect_equal(watcher.close_code, 1000, "close code")


def test_late_watcher(server):
    """A late watcher receives the current state first."""
    operation = server.operation(state="Processing", details={"percentComplete": 50})
    watcher = TextSocket(operation.socket_url)
    expect_equal(watcher.next_text(), '{"state":"Processing","details":{"percentComplete":50}}', "first message")
    watcher.socket.close()


def test_unknown(server):
    """An unknown identifier gives 404 with a problem, also for an upgrade."""
    operation = Operation(server, "no-such-operation")
    answer = request("GET", operation.url)
    expect_equal(answer.status, 404, "status")
    expect_equal(answer.headers["content-type"], "application/problem+json", "content type")
    expect(answer.json["type"] and answer.json["title"], f"problem without type or title: {answer.json}")
    refused = BlockingSocket(operation.socket_url, FULL)
    expect(refused.head.startswith("HTTP/1.1 404 "), f"answer to the upgrade: {refused.head}")
    expect("application/problem+json" in refused.head.lower(), f"answer to the upgrade: {refused.head}")
    refused.socket.close()


def test_entity_tag(server):
    """GET has an ETag, and gives 304 for the current ETag."""
    operation = server.operation(state="Queued")
    first = request("GET", operation.url, {"Accept": "application/json"})
    expect_equal(first.status, 200, "status")
    tag = first.headers["etag"]
    expect_equal(tag, f'"{first.json["cursor"]}"', "ETag")
    expect_equal(request("GET", operation.url, {"If-None-Match": tag}).status, 304, "status with the tag")
    operation.step(1)
    expect_equal(request("GET", operation.url, {"If-None-Match": tag}).status, 200, "status after an update")


def test_resume(server):
    """A client that reconnects with its cursor receives exactly the missed messages."""
    operation = server.operation(state="Queued")
    watcher = BlockingSocket(operation.socket_url, FULL)
    seen = [watcher.next()]
    for number in range(1, 6):
        operation.step(number)
        seen.append(watcher.next())
    watcher.vanish()
    for number in range(6, 11):
        operation.step(number)
    again = BlockingSocket(f'{operation.socket_url}?cursor={seen[-1]["cursor"]}', FULL)
    missed = [again.next() for _ in range(5)]
    expect_equal([m["state"] for m in missed], [f"Step {n}" for n in range(6, 11)], "states")
    expect_equal(missed[0].get("resumed"), True, "resumed of the first message")
    expect(all(m.get("skipped", 0) == 0 for m in missed), "something was skipped")
    operation.succeed()
    rest = again.rest()
    expect_equal([m["type"] for m in rest], ["end"], "types after")
    expect_equal(again.close_code, 1000, "close code")


def test_resume_too_late(server):
    """A client with a cursor that is no longer stored receives the newest snapshot, with resumed false."""
    operation = server.operation(state="Queued")
    cursor = operation.step(0)["cursor"]
    for number in range(1, 301):
        operation.step(number)
    for brought in (cursor, "other-1", "nonsense"):
        watcher = BlockingSocket(f"{operation.socket_url}?cursor={brought}", FULL)
        if " 400 " in watcher.head and brought == "nonsense":
            continue
        message = watcher.next()
        expect_equal((message["type"], message["state"]), ("snapshot", "Step 300"), f"message for {brought}")
        expect_equal(message.get("resumed"), False, f"resumed for {brought}")
        watcher.socket.close()


def test_resume_at_end(server):
    """A client with the cursor of the end receives only the end or no message, and the close code 1000."""
    operation = server.operation(state="Queued")
    cursor = operation.succeed()["cursor"]
    watcher = BlockingSocket(f"{operation.socket_url}?cursor={cursor}", FULL)
    expect(all(m["type"] == "end" for m in watcher.rest()), "a message other than the end")
    expect_equal(watcher.close_code, 1000, "close code")


def test_deletion(server):
    """A deletion closes the watchers with 4510, and the identifier is then unknown."""
    operation = server.operation(state="Queued")
    watcher = BlockingSocket(operation.socket_url, FULL)
    watcher.next()
    expect(request("DELETE", operation.url).status in (200, 204), "DELETE was refused")
    expect_equal(watcher.rest(), [], "messages after")
    expect_equal(watcher.close_code, 4510, "close code")
    expect_equal(request("GET", operation.url).status, 410, "status after")


def test_cancelling(server):
    """The worker and all watchers see a watcher's cancel request, and the worker reports the end."""
    operation = server.operation(state="Queued", cancellable=True)
    asking = BlockingSocket(operation.socket_url, FULL)
    other = BlockingSocket(operation.socket_url, FULL)
    asking.next(), other.next()
    asking.send_text('{"type":"cancel"}')
    for watcher in (asking, other):
        expect_equal(watcher.next()["status"], "cancelling", "status after the request")
    expect_equal(operation.report(state="Cleaning up")["status"], "cancelling", "status in the worker's answer")
    operation.report(status="cancelled")
    for watcher in (asking, other):
        expect_equal(watcher.rest()[-1]["status"], "cancelled", "status at the end")
        expect_equal(watcher.close_code, 1000, "close code")


def test_cancel_over_http(server):
    """POST .../cancel gives 202 for a cancellable operation, and 409 for other operations."""
    willing = server.operation(state="Queued", cancellable=True)
    expect_equal(request("POST", willing.url + "/cancel").status, 202, "status")
    unwilling = server.operation(state="Queued")
    expect_equal(request("POST", unwilling.url + "/cancel").status, 409, "status")


def test_nonsense(server):
    """The first invalid message gets an error, and the second closes the connection with 1008."""
    operation = server.operation(state="Queued")
    watcher = BlockingSocket(operation.socket_url, FULL)
    watcher.next()
    watcher.send_text("nonsense")
    expect_equal(watcher.next()["type"], "error", "answer to an invalid message")
    watcher.send_text('{"type":"dance"}')
    watcher.rest()
    expect_equal(watcher.close_code, 1008, "close code")


def test_create(server):
    """POST creates an operation: 201 with Location; the same Idempotency-Key gives the same operation."""
    url = server.url + BASE
    fields = {"Content-Type": "application/json", "Idempotency-Key": "key-of-this-test"}
    body = json.dumps({"title": "Import"}).encode()
    first = request("POST", url, fields, body)
    expect_equal(first.status, 201, "status")
    location = first.headers["location"]
    expect_equal(urljoin(url, location), f'{url}/{first.json["id"]}', "URL of Location")
    second = request("POST", url, fields, body)
    expect_equal(second.json["id"], first.json["id"], "id of the repeated request")


def test_refusals(server):
    """Invalid bodies are refused with a problem that has a detail or a title."""
    operation = server.operation(state="Queued")
    json_type = {"Content-Type": "application/json"}
    table = [
        (b"{", json_type, (400,)),
        (b'{"completedCount":"three"}', json_type, (422,)),
        (b"a=b", {"Content-Type": "text/plain"}, (415,)),
        (b" " * 8_000_000, json_type, (413,)),
        (b'{"state":"X"}', {**json_type, "If-Match": '"other-7"'}, (412,)),
    ]
    for body, fields, statuses in table:
        try:
            answer = request("PATCH", operation.url, fields, body)
        except (BrokenPipeError, ConnectionResetError):
            expect(413 in statuses, f"the connection broke at {body[:20]!r}")
            continue
        expect(answer.status in statuses, f"{body[:20]!r} was answered {answer.status}: {answer.body[:300]!r}")
        expect(answer.json.get("detail") or answer.json.get("title"), f"an empty problem for {body[:20]!r}")
    expect_equal(request("GET", operation.url).json["state"], "Queued", "state after the refusals")


def test_list_and_probes(server):
    """The list, the feed and the health probes respond."""
    operation = server.operation(state="Queued", labels={"team": "end-to-end"})
    page = request("GET", f"{server.url}{BASE}?label=team=end-to-end", {"Accept": "application/json"})
    expect_equal([o["id"] for o in page.json["operations"]], [operation.id], f"operations of {page.body[:300]!r}")
    for probe in ("/healthz", "/readyz"):
        expect_equal(request("GET", server.url + probe).status, 200, probe)
    feed = BlockingSocket(server.url.replace("http", "ws", 1) + BASE, FULL)
    expect(" 101 " in feed.head, f"answer to the feed: {feed.head}")
    operation.step(1)
    while feed.next().get("state") != "Step 1":
        pass
    feed.socket.close()


def test_page(server):
    """A browser receives the page at the same URL, with a strict Content-Security-Policy."""
    operation = server.operation(state="Queued")
    for url in (operation.url, server.url + "/"):
        answer = request("GET", url, {"Accept": "text/html,*/*;q=0.8"})
        expect_equal(answer.status, 200, f"status of {url}")
        expect(answer.headers["content-type"].startswith("text/html"), f"content type of {url}")
        policy = answer.headers["content-security-policy"]
        expect("default-src 'none'" in policy and "unsafe-inline" not in policy, f"policy {policy}")
