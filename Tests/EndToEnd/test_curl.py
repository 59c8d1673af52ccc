# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""curl as a complete worker and watcher: SSE, NDJSON, long polling and forms."""

from __future__ import annotations

import json
import subprocess
import uuid

from harness import BASE, Lines, expect, expect_equal, spawned

STEPS = 12
STATES = ["Queued"] + [f"Step {n}" for n in range(1, STEPS + 1)] + ["Done"]


def curl(*arguments: str) -> subprocess.CompletedProcess:
    command = ["curl", "-sS", "--max-time", "20", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30)


def curl_json(*arguments: str) -> dict:
    done = curl("--fail-with-body", *arguments)
    expect_equal(done.returncode, 0, f"curl {arguments}: {done.stderr}{done.stdout}")
    return json.loads(done.stdout)


def work(operation) -> None:
    for number in range(1, STEPS + 1):
        operation.step(number)
    operation.succeed(rows=7)


def read_event(lines: Lines) -> dict | None:
    """Returns the fields of the next server-sent event; ignores comments."""
    fields: dict = {}
    while (line := lines.next()) is not None:
        if line == "":
            if "data" in fields:
                return fields
            continue
        if not line.startswith(":"):
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")
    return None


def test_server_sent_events(server):
    """curl over SSE: the current state first, every transition in order, and the end of the stream."""
    operation = server.operation(state="Queued")
    command = ["curl", "-sSN", "--max-time", "30", "-H", "Accept: text/event-stream", operation.url]
    with spawned(command, stdout=subprocess.PIPE) as process:
        lines = Lines(process.stdout)
        events = [read_event(lines)]
        work(operation)
        while (event := read_event(lines)) is not None:
            events.append(event)
        expect_equal(process.wait(10), 0, "curl's exit code")
    messages = [json.loads(e["data"]) for e in events]
    expect_equal([m["state"] for m in messages], STATES, "states")
    expect_equal([e.get("id") for e in events], [m["cursor"] for m in messages], "ids of the events")
    expect_equal(messages[-1]["status"], "succeeded", "status at the end")


def test_ndjson(server):
    """curl over NDJSON: one message per line, and the end of the stream."""
    operation = server.operation(state="Queued")
    command = ["curl", "-sSN", "--max-time", "30", "-H", "Accept: application/x-ndjson", operation.url]
    with spawned(command, stdout=subprocess.PIPE) as process:
        lines = Lines(process.stdout)
        messages = [json.loads(lines.next())]
        work(operation)
        messages += [json.loads(line) for line in lines.rest() if line]
        expect_equal(process.wait(10), 0, "curl's exit code")
    expect_equal([m["state"] for m in messages], STATES, "states")
    expect_equal([m["type"] for m in messages], ["snapshot"] + ["update"] * STEPS + ["end"], "types")


def test_long_poll(server):
    """curl by long polling: each response has a newer state than the ETag in the request, until the end."""
    operation = server.operation(state="Queued")
    states, tag = ["Queued"], operation.put()["cursor"]
    tag = f'"{tag}"'
    for number in range(1, STEPS + 2):
        command = [
            "curl", "-sS", "-D", "-", "--max-time", "30", "-H", f"If-None-Match: {tag}", "-H", "Prefer: wait=20",
            operation.url,
        ]
        with spawned(command, stdout=subprocess.PIPE, text=True) as process:
            if number <= STEPS:
                operation.step(number)
            else:
                operation.succeed(rows=7)
            head, _, body = process.communicate(timeout=30)[0].replace("\r\n", "\n").partition("\n\n")
        expect(" 200" in head.split("\n")[0], f"answer: {head}")
        fields = {k.lower(): v for k, _, v in (line.partition(": ") for line in head.split("\n")[1:])}
        tag = fields["etag"]
        states.append(json.loads(body)["state"])
    expect_equal(states, STATES, "states")


def test_long_poll_without_news(server):
    """curl by long polling: the status code is 304 if nothing changes during the wait."""
    operation = server.operation(state="Queued")
    tag = operation.put()["cursor"]
    done = curl("-o", "/dev/null", "-w", "%{http_code}", "-H", f'If-None-Match: "{tag}"', "-H", "Prefer: wait=1",
                operation.url)
    expect_equal(done.stdout, "304", "status")


def test_form_worker(server):
    """curl as a worker with forms: PUT creates the operation and reports, PATCH ends it."""
    url = f"{server.url}{BASE}/{uuid.uuid4().hex}"
    first = curl_json("-X", "PUT", "-d", "completedCount=3", "-d", "totalCount=10", "-d", "state=Copying", url)
    expect_equal((first["state"], first["details"]), ("Copying", None), "state and details")
    expect_equal(first["progress"]["fractionCompleted"], 0.3, "fraction")
    second = curl_json("-X", "PUT", "-d", "completedCount=4", url)
    expect_equal((second["state"], second["progress"]["completedCount"]), ("Copying", 4), "after the second PUT")
    third = curl_json("-X", "PATCH", "-d", "advance=2", "-d", "state=Copying more", "-d", "details.file=a.csv", url)
    expect_equal(third["progress"]["completedCount"], 6, "count after the advance")
    expect_equal(third["details"], {"file": "a.csv"}, "details")
    end = curl_json("-X", "PATCH", "-d", "status=succeeded", url)
    expect_equal(end["status"], "succeeded", "status")
    late = curl("-o", "/dev/null", "-w", "%{http_code} %{content_type}", "-X", "PATCH", "-d", "state=Late", url)
    expect_equal(late.stdout, "409 application/problem+json", "answer to a report after the end")


def test_nightly(server):
    """curl restarts an ended job with a fixed identifier by POST, but not by PATCH."""
    name = f"nightly-{uuid.uuid4().hex}"
    url = f"{server.url}{BASE}/{name}"
    start = ("-o", "/dev/null", "-w", "%{http_code}", "-X", "POST", "-d", f"id={name}", f"{server.url}{BASE}")
    epochs = set()
    for night in range(3):
        expect_equal(curl(*start).stdout, "201", f"start of night {night}")
        expect_equal(curl(*start).stdout, "409", "a start while it runs")
        epochs.add(curl_json(url)["cursor"].split("-")[0])
        curl_json("-X", "PATCH", "-d", "status=failed", url)
        late = curl("-w", "%{http_code}", "-X", "PATCH", "-d", "state=Late", url)
        expect("POST" in late.stdout and late.stdout.endswith("409"), f"a late report: {late.stdout}")
    expect_equal(len(epochs), 3, "epochs")


def test_resume_event_stream(server):
    """curl resumes an event stream with Last-Event-ID, and receives exactly the missed events."""
    operation = server.operation(state="Queued")
    cursors = [operation.step(number)["cursor"] for number in range(1, 6)]
    operation.succeed()
    done = curl("-N", "-H", "Accept: text/event-stream", "-H", f"Last-Event-ID: {cursors[1]}", operation.url)
    data = [json.loads(line[5:]) for line in done.stdout.splitlines() if line.startswith("data:")]
    expect_equal([m["state"] for m in data], ["Step 3", "Step 4", "Step 5", "Done"], "states")
