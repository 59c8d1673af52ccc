# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""`run` tells the system around it: systemd through its socket, and a workflow of GitHub Actions through its files."""

from __future__ import annotations

import re
import socket
import subprocess

import pytest
from harness import expect, expect_equal, plain_environment


def run(binary, *arguments: str, **variables: str) -> subprocess.CompletedProcess:
    command = [str(binary), "run", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=plain_environment(**variables))


def test_service(binary, tmp_path):
    """A service manager receives the status line, and longer limits, while the command reports progress."""
    script = "printf 'Copying\\n'; for n in 1 2 3 4; do printf '\\r%s0%% of it' $n; sleep 0.5; done"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(1)
        ran = run(binary, "--quiet", "--", "sh", "-c", script, NOTIFY_SOCKET=str(tmp_path / "notify"))
        expect_equal(ran.returncode, 0, "the exit code")
        messages = []
        try:
            while True:
                messages.append(manager.recv(4096).decode())
        except TimeoutError:
            pass
    expect(len(messages) >= 4, f"a message for each step, not {messages}")
    for message in messages:
        expect(re.fullmatch(r"STATUS=.+\nEXTEND_TIMEOUT_USEC=60000000", message), f"the message {message!r}")
    expect(re.search(r"STATUS=\d0 % ", messages[-1]), f"no percentage in {messages[-1]!r}")


def test_no_manager(binary, tmp_path):
    """A socket that nobody reads, or that does not exist, delays no command."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        script = "for n in 1 2 3; do echo step $n; sleep 0.1; done"
        for path in [tmp_path / "notify", tmp_path / "none"]:
            ran = run(binary, "--quiet", "--", "sh", "-c", script, NOTIFY_SOCKET=str(path))
            expect_equal((ran.returncode, ran.stdout, ran.stderr), (0, "step 1\nstep 2\nstep 3\n", ""), "the run")


@pytest.mark.parametrize(("script", "outcome"), [("exit 0", "succeeded"), ("exit 3", "failed, exit code 3")])
def test_workflow(binary, tmp_path, script, outcome):
    """With --ci, the link is a notice, and the summary of the step gets a table; what it has already stays."""
    summary = tmp_path / "summary"
    summary.write_text("# Mine\n")
    ran = run(binary, "--ci", "--title", "Build | all", "--", "sh", "-c", script, GITHUB_STEP_SUMMARY=str(summary))
    link = re.fullmatch(r"::notice title=Live progress%3A Build \| all::(http://\S+)\n", ran.stderr)
    expect(link, f"the notice {ran.stderr!r}")
    lines = summary.read_text().splitlines()
    expect_equal(lines[:3], ["# Mine", "| Command | Outcome | Time |", "|---|---|---|"], "the head of the table")
    expect(lines[3].startswith(f"| [Build \\| all]({link[1]}) | {outcome} | "), f"the row {lines[3]!r}")


def test_workflow_without_summary(binary, tmp_path):
    """A summary that cannot be written is a warning; the exit code stays the command's."""
    ran = run(binary, "--ci", "--", "sh", "-c", "exit 4", GITHUB_STEP_SUMMARY=str(tmp_path))
    expect_equal(ran.returncode, 4, "the exit code")
    expect(ran.stderr.endswith("live-progress: the summary could not be written\n"), f"no warning in {ran.stderr!r}")
