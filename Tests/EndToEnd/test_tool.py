# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The command-line tool with a real server."""

from __future__ import annotations

import http.server
import json
import re
import signal
import subprocess
import threading
import time
import urllib.parse

from harness import Failure, Lines, expect, expect_equal, plain_environment, request, spawned

FILE_BYTES = 6_000_000


class SlowFile(http.server.BaseHTTPRequestHandler):
    """Serves a large file in about three seconds."""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", str(FILE_BYTES))
        self.end_headers()
        for _ in range(60):
            self.wfile.write(b"x" * (FILE_BYTES // 60))
            time.sleep(0.05)

    def log_message(self, *_):
        pass


def tool(binary, *arguments: str, timeout: float = 30, **options) -> subprocess.CompletedProcess:
    command = [str(binary), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, env=plain_environment(), **options
    )


def link_in(text: str) -> str:
    match = re.search(r"https?://[^\s\"']*/api/v1/progress/[^\s\"']+", text)
    if not match:
        raise Failure(f"no link in {text!r}")
    return match.group(0)


def await_link(lines: Lines) -> str:
    """Returns the first link in the lines."""
    while (line := lines.next(15)) is not None:
        if "/api/v1/progress/" in line:
            return link_in(line)
    raise Failure("the link was not printed")


def test_run_curl(binary, server):
    """run with curl of a large file: the fraction rises, the output is unchanged, and the operation succeeds."""
    files = http.server.ThreadingHTTPServer(("127.0.0.1", 0), SlowFile)
    threading.Thread(target=files.serve_forever, daemon=True).start()
    source = f"http://127.0.0.1:{files.server_port}/file"
    command = [
        binary, "run", "--server", server.url, "--title", "Download", "--",
        "curl", "-#", "-o", "-", source,
    ]
    with spawned(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=plain_environment()) as process:
        received = []
        reading = threading.Thread(target=lambda: received.append(process.stdout.read()), daemon=True)
        reading.start()
        url = await_link(Lines(process.stderr))
        with spawned(
            [binary, "watch", "--json", url], stdout=subprocess.PIPE, env=plain_environment()
        ) as watcher:
            messages = [json.loads(line) for line in Lines(watcher.stdout).rest(60)]
            expect_equal(watcher.wait(10), 0, "exit code of watch")
        expect_equal(process.wait(20), 0, "exit code of run")
        reading.join(10)
    files.shutdown()
    expect_equal(received, [b"x" * FILE_BYTES], "the output")
    fractions = [f for m in messages if (f := (m.get("progress") or {}).get("fractionCompleted")) is not None]
    expect_equal(fractions, sorted(fractions), "fractions never fall")
    expect(len({f for f in fractions if 0 < f < 1}) >= 5, f"only these fractions were seen: {fractions}")
    expect_equal((messages[-1]["status"], messages[-1]["title"]), ("succeeded", "Download"), "the end")


def run_failing(binary, server, script: str) -> tuple[int, dict]:
    done = tool(binary, "run", "--server", server.url, "--", "sh", "-c", script)
    return done.returncode, request("GET", link_in(done.stderr), {"Accept": "application/json"}).json


def test_run_fails(binary, server):
    """run with a child that exits with 7 exits with 7, and the operation fails with that code in its problem."""
    code, snapshot = run_failing(binary, server, "echo working; exit 7")
    expect_equal((code, snapshot["status"]), (7, "failed"), "exit code and status")
    expect("7" in json.dumps(snapshot["error"]), f"the problem does not contain the code: {snapshot['error']}")


def test_run_killed(binary, server):
    """run with a child that signal n killed exits with 128 + n, and the operation fails with that signal in its problem."""
    code, snapshot = run_failing(binary, server, "kill -9 $$")
    expect_equal((code, snapshot["status"]), (137, "failed"), "exit code and status")
    expect("9" in json.dumps(snapshot["error"]), f"the problem does not contain the signal: {snapshot['error']}")


def test_run_missing(binary, server):
    """run with a command that does not exist exits with 127."""
    done = tool(binary, "run", "--server", server.url, "--", "/no/such/command")
    expect_equal(done.returncode, 127, f"exit code; it said {done.stderr!r}")


def test_run_passes_through(binary, server):
    """run does not change standard input, output and error of the command."""
    text = "".join(f"line {n}\n" for n in range(2000))
    done = tool(binary, "run", "--server", server.url, "--", "cat", input=text)
    expect_equal((done.returncode, done.stdout), (0, text), "what cat wrote")
    done = tool(binary, "run", "--server", server.url, "--", "sh", "-c", "echo out; echo err >&2")
    expect_equal(done.stdout, "out\n", "standard output")
    expect("err\n" in done.stderr, f"standard error {done.stderr!r}")


def test_run_signalled(binary, server):
    """run forwards a signal to its child, and reports the end."""
    command = [binary, "run", "--server", server.url, "--", "sleep", "60"]
    with spawned(command, stderr=subprocess.PIPE, env=plain_environment()) as process:
        url = await_link(Lines(process.stderr))
        first = request("GET", url, {"Accept": "application/json"})
        if first.json["status"] == "pending":
            news = {"Accept": "application/json", "Prefer": "wait=10", "If-None-Match": first.headers["etag"]}
            expect_equal(request("GET", url, news).status, 200, "status after the start of the child")
        process.send_signal(signal.SIGTERM)
        expect_equal(process.wait(10), 143, "exit code")
    status = request("GET", url, {"Accept": "application/json"}).json["status"]
    expect(status in ("failed", "cancelled"), f"status {status}")


def test_run_hosts(binary):
    """run without a server starts its own server, and the link works."""
    command = [binary, "run", "--", "sh", "-c", "read line; echo $line"]
    with spawned(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=plain_environment()
    ) as process:
        url = await_link(Lines(process.stderr))
        expect_equal(request("GET", url, {"Accept": "application/json"}).status, 200, "status of the link")
        process.stdin.write(b"done\n")
        process.stdin.close()
        expect_equal(process.stdout.read(), b"done\n", "the output")
        expect_equal(process.wait(20), 0, "exit code")


def test_watch_codes(binary, server):
    """watch exits with 0 after a success, 1 after a failure, 3 after a cancellation, and 4 for an unknown identifier."""
    ends = {
        0: {"status": "succeeded"},
        1: {"status": "failed", "error": {"type": "about:blank", "title": "No"}},
        3: {"status": "cancelled"},
    }
    for code, report in ends.items():
        operation = server.operation(state="Queued")
        operation.report(**report)
        expect_equal(tool(binary, "watch", operation.url).returncode, code, f"exit code after {report}")
    unknown = server.url + "/api/v1/progress/no-such-operation"
    expect_equal(tool(binary, "watch", unknown).returncode, 4, "exit code for an unknown id")


def test_watch_other_codes(binary, server):
    """watch exits with 124 after its time limit, 130 after an interrupt, and 69 without a server."""
    operation = server.operation(state="Queued")
    expect_equal(tool(binary, "watch", "--timeout", "1", operation.url).returncode, 124, "exit code after 1 s")
    command = [binary, "watch", "--json", operation.url]
    with spawned(command, stdout=subprocess.PIPE, env=plain_environment()) as process:
        Lines(process.stdout).next(10)
        process.send_signal(signal.SIGINT)
        expect_equal(process.wait(10), 130, "exit code after an interrupt")
    dead = urllib.parse.urlsplit(operation.url)._replace(netloc="127.0.0.1:1").geturl()
    done = tool(binary, "watch", "--timeout", "20", dead)
    expect_equal(done.returncode, 69, f"exit code without a server; it said {done.stderr!r}")


def test_watch_json_lines(binary, server):
    """watch --json prints one line for each revision."""
    operation = server.operation(state="Queued")
    command = [binary, "watch", "--json", operation.url]
    with spawned(command, stdout=subprocess.PIPE, env=plain_environment()) as process:
        lines = Lines(process.stdout)
        messages = [json.loads(lines.next())]
        for number in range(1, 6):
            operation.step(number)
        operation.succeed(rows=7)
        messages += [json.loads(line) for line in lines.rest()]
        expect_equal(process.wait(10), 0, "exit code")
    states = ["Queued"] + [f"Step {n}" for n in range(1, 6)] + ["Done"]
    expect_equal([m["state"] for m in messages], states, "states")


def test_report_and_get(binary, server):
    """report, get, list and cancel work on the same operation."""
    operation = server.operation(state="Queued", cancellable=True, title="Import")
    done = tool(binary, "report", operation.url, "--state", "Copying", "--completed", "3", "--total", "10")
    expect_equal(done.returncode, 0, f"exit code of report; it said {done.stderr!r}")
    got = tool(binary, "get", "--json", operation.url)
    expect_equal(json.loads(got.stdout)["state"], "Copying", "state")
    listed = tool(binary, "list", "--server", server.url)
    expect(operation.id in listed.stdout or "Import" in listed.stdout, f"list printed {listed.stdout!r}")
    expect_equal(tool(binary, "cancel", operation.url).returncode, 0, "exit code of cancel")
    status = request("GET", operation.url, {"Accept": "application/json"}).json["status"]
    expect_equal(status, "cancelling", "status")


def test_errors(binary, server):
    """An error says what to do with the tool."""
    taken = tool(binary, "serve", "--store", "memory", "--port", server.url.rpartition(":")[2])
    expect_equal(taken.returncode, 69, f"exit code with a port in use; it said {taken.stderr!r}")
    expect("the port is in use" in taken.stderr and "--port" in taken.stderr, f"serve said {taken.stderr!r}")
    unknown = tool(binary, "get", f"{server.url}/api/v1/progress/no-such-operation")
    expect_equal(unknown.returncode, 4, f"exit code for an unknown operation; it said {unknown.stderr!r}")
    expect("live-progress list" in unknown.stderr, f"get said {unknown.stderr!r}")


def test_usage(binary):
    """--version and --help print their text, and an unknown option is a usage error."""
    expect_equal(tool(binary, "--version").returncode, 0, "exit code of --version")
    expect("serve" in tool(binary, "--help").stdout, "--help does not mention serve")
    for command in ("serve", "run", "watch", "report", "get", "list", "cancel", "token", "store"):
        for option in ("--help", "-h"):
            helped = tool(binary, command, option)
            expect_equal(helped.returncode, 0, f"exit code of {command} {option}")
            expect(f"live-progress {command}" in helped.stdout, f"{command} {option} prints the help of another command")
    expect_equal(tool(binary, "watch", "--no-such-option").returncode, 64, "exit code of a wrong option")
