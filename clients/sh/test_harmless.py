# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A script with live-progress.sh is the same script, whatever its server does."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest
from conftest import PATIENCE

WORK = """
set -eu
progress_start "Backup" 200 files
i=0
while [ $i -lt 200 ]; do progress_step "Step $i" n=$i; progress_advance; i=$((i + 1)); done
echo printed
exit 3
"""
# What the end may add: two seconds of waiting, and the time of a machine that is busy.
LONGEST_LEAVE = 3.5


@pytest.fixture(params=["dead", "silent", "blackhole"])
def nowhere(request):
    """A URL that refuses, that takes and says nothing, that does not even take."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        fillers = []
        if request.param != "dead":
            listener.listen(64 if request.param == "silent" else 0)
        for _ in range(4 if request.param == "blackhole" else 0):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            fillers.append(filler)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        for filler in fillers:
            filler.close()


def test_no_server(scripts, nowhere):
    """Output and exit code are the script's own, it is held up at its end alone, and nothing stays behind."""
    code, output, without = scripts.run(WORK, LIVE_PROGRESS_DISABLED="1")
    assert (code, output) == (3, "printed\n")
    code, output, seconds = scripts.run(WORK, LIVE_PROGRESS_SERVER=nowhere)
    assert (code, output) == (3, "printed\n")
    assert seconds < without + LONGEST_LEAVE * PATIENCE
    # The process in the background gives up 10 s after the end, and a try in progress takes 3 s or 10 s.
    assert scripts.leftovers(30) == []


@pytest.mark.parametrize("settings", [
    {"LIVE_PROGRESS_SERVER": ""}, {"LIVE_PROGRESS_DISABLED": "1"}, {"TMPDIR": "/no/such/folder"}, {"PATH": "/no/such/folder"},
    {"LIVE_PROGRESS_SERVER": "no url at all"}, {"LIVE_PROGRESS_SERVER": "http://"},
    {"LIVE_PROGRESS_TOKEN": 'a"b\\c'},
])
def test_settings(scripts, settings):
    """Nothing that is missing or wrong around it ends a strict script or makes it print."""
    scripts.shell[0] = os.popen(f"command -v {scripts.shell[0]}").read().strip()
    assert scripts.run(WORK.replace("exit 3", ""), **settings)[:2] == (0, "printed\n")


def test_arguments(scripts):
    """Calls without arguments, or with odd ones, are harmless in a strict script."""
    assert scripts.run("""
set -eu
progress_advance; progress_step; progress_count; progress_total; progress_succeed; progress_fail; progress_cancelled; progress_url
progress_start
progress_step; progress_step ""; progress_step -n x; progress_step '%s%d\\n' =; progress_step 'a`b`$(c)'
progress_advance -1; progress_advance 1.5; progress_advance x; progress_advance ""; progress_advance 0099; progress_advance 99999999999999999999
progress_count; progress_count 08; progress_total unknown; progress_total none
if progress_is_cancelled; then echo no; fi
progress_fail
progress_fail again
echo over
""")[:2] == (0, "over\n")
    end = scripts.wait(lambda o: o["title"] == "" and o["status"] == "failed" and o["progress"])
    assert end["progress"]["completedCount"] == 99


def test_result_that_is_no_json(scripts, title):
    """The end is told without it."""
    scripts.run(f'progress_start "{title}"\nprogress_succeed "not json"\n')
    assert scripts.ended(title)["status"] == "succeeded"


@pytest.mark.parametrize("options", ["set -f", "set -C", "IFS=a1", "set -e; set -u; set -C; set -f; IFS=e-", "umask 777", "cd /"])
def test_options_of_the_script(scripts, title, options):
    """Whatever the script has set, it works, and stays set."""
    code, output, _ = scripts.run(f"""
{options}
before=$-$IFS
progress_start "{title}" 3
progress_step "a * b" k=v
progress_advance 3
[ "$before" = "$-$IFS" ] && echo same
""")
    assert (code, output) == (0, "same\n")
    if options != "umask 777":
        end = scripts.ended(title)
        assert end["status"] == "succeeded" and end["progress"]["completedCount"] == 3


def test_wait_and_output(scripts, title):
    """A `wait` of the script, and whoever reads its output or has its lock, do not wait for the sender."""
    lock = scripts.folder / "lock"
    code, output, seconds = scripts.run(f"""
exec 9>"{lock}"
progress_start "{title}"
wait
text=$(progress_step "In a substitution"; echo text)
echo "$text"
exec 3>&1
""")
    assert (code, output) == (0, "text\n")
    scripts.ended(title)


def test_sender_has_no_descriptors(scripts, nowhere):
    """What the script has open is not kept open by the process in the background."""
    lock = scripts.folder / "lock"
    scripts.run(f'exec 9>"{lock}"\nprogress_start A\nprogress_step B\n', LIVE_PROGRESS_SERVER=nowhere)
    holders = []
    for entry in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            if os.readlink(entry) == str(lock):
                holders.append(entry)
        except OSError:
            continue
    assert holders == []


def test_token_is_no_argument(request, scripts, nowhere):
    """Others on the machine cannot read the token in a list of processes."""
    token = "eyJ.SECRET.sig"
    process = scripts.start("progress_start A\nprogress_step B\nsleep 2\n", LIVE_PROGRESS_SERVER=nowhere, LIVE_PROGRESS_TOKEN=token)
    seen, deadline = 0, time.monotonic() + 1.5
    while time.monotonic() < deadline:
        for entry in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = entry.read_bytes()
            except OSError:
                continue
            assert token.encode() not in line
            seen += b"Idempotency-Key" in line
    process.communicate()
    # A server that refuses leaves too little time to be seen.
    assert seen > 0 or "dead" in request.node.name


def test_other_curl_settings(scripts, title):
    """A person's own settings of curl decide nothing."""
    (scripts.folder / ".curlrc").write_text("fail\nmax-time = 0.001\nverbose\n")
    scripts.run(f'progress_start "{title}"\n', HOME=str(scripts.folder))
    assert scripts.ended(title)["status"] == "succeeded"
