# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""progress_ask without a server that knows questions; the conformance suite has the cases with one."""

from __future__ import annotations

import json

import pytest
from harness import BASE

NOBODY = {"LIVE_PROGRESS_SERVER": ""}
YES_NO = '--default no --timeout 60 "Apply?" yes no'


@pytest.mark.parametrize(("words", "code", "printed"), [
    (YES_NO, 1, "no\n"), ('--default "a  b" --timeout 9 "Which?"', 0, "a  b\n"), ('"Apply?" yes no', 100, ""),
    ("", 102, ""), ('""', 102, ""), ('--default no "Apply?" yes no', 102, ""), ('--default x --timeout 9 "Apply?" yes no', 102, ""),
    ('--timeout 0 "Apply?"', 102, ""), ('--timeout 1.5 "Apply?"', 102, ""), ('--kind order "Apply?"', 102, ""), ("--default", 100, ""),
    (f'"Apply?" {" ".join(map(str, range(17)))}', 102, ""), ('--default "b\tc" --timeout 09 "Apply?" a "b\tc"', 1, "b\tc\n"),
])
@pytest.mark.parametrize("options", ["set -u", "set -u; set -f; IFS=o-", "set -C"])
def test_nobody_to_ask(scripts, words, code, printed, options):
    """Without a server, the default is the answer at once, and an invalid question is one with a server and without one."""
    assert scripts.run(f"{options}\nprogress_start T\nprogress_ask {words}\nexit $?\n", **NOBODY)[:2] == (code, printed)


def test_strict_script(scripts):
    """Under `set -e`, a condition takes the exit code."""
    code, output, _ = scripts.run(f"""
set -eu
progress_start T
if progress_ask {YES_NO} >/dev/null; then echo yes; else echo "no: $?"; fi
answer=$(progress_ask --default main --timeout 9 "Which branch?") || exit 9
echo "$answer"
""", **NOBODY)
    assert (code, output) == (0, "no: 1\nmain\n")


def test_refused_question(scripts, stub):
    """A server that refuses the question ends it, and the later reports and the end are sent."""
    stub.answer = lambda body: 422 if b"waitingFor" in body else 200
    script = 'progress_start T\nprogress_ask "Apply?" yes no\necho $?\nprogress_step After\n'
    assert scripts.run(script, LIVE_PROGRESS_SERVER=stub.url)[:2] == (0, "102\n")
    assert scripts.leftovers() == []
    accepted = [json.loads(line) for body in stub.accepted for line in body.splitlines()]
    assert [report.get("state") for report in accepted][-2:] == ["After", None] and accepted[-1]["status"] == "succeeded"


def test_after_the_end(scripts, stub):
    """An operation that has ended cannot ask."""
    script = f"progress_start T\nprogress_succeed\nprogress_ask {YES_NO}\necho $?\n"
    assert scripts.run(script, LIVE_PROGRESS_SERVER=stub.url)[:2] == (0, "102\n")


def test_ended_subshell(scripts, stub):
    """The question of a subshell that was ended is withdrawn."""
    script = """
progress_start T
(progress_ask "Apply?" yes no) & asker=$!
sleep 1.5
kill -KILL $asker
wait $asker 2>/dev/null
sleep 2
"""
    told = {"cursor": "e-1", "status": "waiting", "waitingFor": {"number": 1, "message": "Apply?", "choices": ["yes", "no"]}}
    stub.body = json.dumps(told).encode()
    assert scripts.run(script, LIVE_PROGRESS_URL=f"{stub.url}{BASE}/a")[:2] == (0, "")
    reports = [json.loads(line) for body in stub.accepted for line in body.splitlines()]
    asked = [report["waitingFor"] for report in reports if "waitingFor" in report]
    assert asked == [{"kind": "question", "message": "Apply?", "choices": ["yes", "no"]}, None]
