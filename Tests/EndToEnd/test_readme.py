# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The snippets of the README, run as they are, after a few lines that define what they use."""

import re
import shlex
import shutil
import subprocess
import sys

import pytest
from harness import ROOT, Server, expect, expect_equal, plain_environment, request
from test_worker import free_port

README = (ROOT / "README.md").read_text()
CLIENTS = ROOT / "clients"


def snippet(language: str, text: str) -> str:
    """Returns the only block of a language that has a text."""
    blocks = [block for block in re.findall(rf"^```{language}\n(.*?)^```$", README, re.M | re.S) if text in block]
    expect_equal(len(blocks), 1, f"blocks of {language} with {text!r}")
    return blocks[0]


def operations(server: Server) -> list[dict]:
    return request("GET", f"{server.url}/api/v1/progress").json["operations"]


def expect_import(server: Server) -> None:
    """Checks that the worker's only operation has succeeded with its three rows."""
    imported = operations(server)
    expect_equal([operation["title"] for operation in imported], ["Import customers"], "the operations")
    expect_equal((imported[0]["status"], imported[0]["progress"]["completedCount"]), ("succeeded", 3), "the end")


def run(server: Server, command: list, program: str = "", **environment: str) -> str:
    done = subprocess.run(
        [str(part) for part in command], input=program, capture_output=True, text=True, timeout=30,
        env=plain_environment(LIVE_PROGRESS_SERVER=server.url, **environment),
    )
    expect(done.returncode == 0, f"exit code {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout


def test_curl(server):
    """The requests of curl create, report, end and read an operation."""
    begin = snippet("sh", "serve --port 8080").replace("bin/live-progress serve --port 8080 &\n", "")
    expect("127.0.0.1:8080" in begin, "the README names the port 8080")
    watch = "\n".join(line for line in snippet("sh", "text/event-stream").splitlines() if line.startswith(("curl", "URL")))
    program = f"{begin}{watch}".replace("127.0.0.1:8080", f"127.0.0.1:{server.port}").replace("curl ", "curl -fsS ")
    output = run(server, ["sh", "-eu"], program)
    expect("event: end" in output, f"the event stream has no end: {output}")
    expect_equal(operations(server)[0]["status"], "succeeded", "the end")
    expect_equal(operations(server)[0]["progress"]["completedCount"], 4, "the count")


def test_script(binary, tmp_path):
    """The first block also runs as a script, which starts the server."""
    port = str(free_port())
    script = snippet("sh", "serve --port 8080").replace("8080", port).replace("bin/live-progress", shlex.quote(str(binary)))
    done = subprocess.run(
        ["sh", "-eu"], input=f"trap 'kill $!' EXIT\n{script}".replace("curl ", "curl -fsS "), capture_output=True, text=True,
        timeout=30, env=plain_environment(XDG_STATE_HOME=str(tmp_path)),
    )
    expect(done.returncode == 0, f"exit code {done.returncode}: {done.stdout}{done.stderr}")
    expect('"status":"succeeded"' in done.stdout, f"the operation has not ended: {done.stdout}")


def test_python(server):
    """The loop of Python is an operation."""
    prelude = "rows = ['a', 'b', 'c']\ninsert = len\n"
    run(server, [sys.executable, "-"], prelude + snippet("python", "track"), PYTHONPATH=str(CLIENTS / "python" / "src"))
    expect_import(server)


def test_javascript(server):
    """The loop of JavaScript is an operation."""
    node = shutil.which("node", path="/usr/bin:/bin") or shutil.which("node")
    program = snippet("js", "report").replace("./live-progress.js", (CLIENTS / "js" / "live-progress.js").as_uri())
    run(server, [node, "--input-type=module", "-"], "const rows = ['a', 'b', 'c'], insert = String;\n" + program)
    expect_import(server)


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_shell(server, shell):
    """The loop of a shell is an operation."""
    program = snippet("sh", "progress_start").replace("./live-progress.sh", str(CLIENTS / "sh" / "live-progress.sh"))
    run(server, [shell, "-eu"], "insert() { :; }\n" + program)
    expect_import(server)


def test_swift():
    """The loop of Swift is a part of the guide, which is compiled."""
    lines = [line.strip() for line in snippet("swift", "fromEnvironment").strip().splitlines()]
    guide = [line.strip() for line in (ROOT / "Examples/Sources/Guide/Reporting.swift").read_text().splitlines()]
    expect(any(guide[at : at + len(lines)] == lines for at in range(len(guide))), f"not in the guide: {lines}")
