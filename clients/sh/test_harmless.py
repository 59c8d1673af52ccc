# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""live-progress.sh does not change the behavior of a script, even if the server fails."""

from __future__ import annotations

import contextlib
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
# The maximum delay of the exit: two seconds, and additional time for a busy machine.
LONGEST_LEAVE = 3.5


@pytest.fixture(params=["dead", "silent", "blackhole"])
def nowhere(request):
    """A URL that refuses connections, one that accepts them and never answers, and one that does not accept them."""
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
    """Output and exit code do not change, only the exit may be delayed, and no temporary files remain."""
    code, output, without = scripts.run(WORK, LIVE_PROGRESS_DISABLED="1")
    assert (code, output) == (3, "printed\n")
    code, output, seconds = scripts.run(WORK, LIVE_PROGRESS_SERVER=nowhere)
    assert (code, output) == (3, "printed\n")
    assert seconds < without + LONGEST_LEAVE * PATIENCE
    # The background process stops 10 s after the end, and a current request takes up to 10 s more.
    assert scripts.leftovers(30) == []


@pytest.mark.parametrize("kind", ["length", "no length"])
def test_endless_answer(scripts, stub, kind):
    """An answer without an end does not fill the disk, and the reports go on."""
    stub.endless = kind
    process = scripts.start("progress_start T\nprogress_step A\nsleep 2\nprogress_step B\n", LIVE_PROGRESS_SERVER=stub.url)
    largest, deadline = 0, time.monotonic() + 30 * PATIENCE
    while os.listdir(scripts.temporary) or process.poll() is None:
        assert time.monotonic() < deadline
        # The scripts remove their folders meanwhile: os.walk leaves out what is gone.
        for folder, _, names in os.walk(scripts.temporary):
            for name in names:
                with contextlib.suppress(OSError):
                    largest = max(largest, os.stat(os.path.join(folder, name)).st_size)
        time.sleep(0.002)
    assert process.communicate() == ("", "") and process.returncode == 0
    assert largest <= 8 << 20
    assert b'"succeeded"' in stub.accepted[-1]


@pytest.mark.parametrize("settings", [
    {"LIVE_PROGRESS_SERVER": ""}, {"LIVE_PROGRESS_DISABLED": "1"}, {"TMPDIR": "/no/such/folder"}, {"PATH": "/no/such/folder"},
    {"LIVE_PROGRESS_SERVER": "no url at all"}, {"LIVE_PROGRESS_SERVER": "http://"},
    {"LIVE_PROGRESS_TOKEN": 'a"b\\c'},
])
def test_settings(scripts, settings):
    """Missing tools and invalid settings do not end a strict script, and print nothing."""
    scripts.shell[0] = os.popen(f"command -v {scripts.shell[0]}").read().strip()
    assert scripts.run(WORK.replace("exit 3", ""), **settings)[:2] == (0, "printed\n")


def test_arguments(scripts):
    """Calls without arguments or with invalid arguments do not end a strict script."""
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
    """An invalid result is dropped from the end."""
    scripts.run(f'progress_start "{title}"\nprogress_succeed "not json"\n')
    assert scripts.ended(title)["status"] == "succeeded"


@pytest.mark.parametrize("options", ["set -f", "set -C", "IFS=a1", "set -e; set -u; set -C; set -f; IFS=e-", "umask 777", "cd /"])
def test_options_of_the_script(scripts, title, options):
    """The library works with all shell options of the script, and does not change them."""
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
    """A `wait` of the script, readers of its output and its locks do not wait for the background process."""
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
    """The background process does not keep descriptors of the script open."""
    lock = scripts.folder / "lock"
    scripts.run(f'exec 9>"{lock}"\nprogress_start A\nprogress_step B\n', LIVE_PROGRESS_SERVER=nowhere)
    holders = []
    for process in Path("/proc").glob("[0-9]*"):
        # A process may end, and a descriptor may be closed, while they are read.
        with contextlib.suppress(OSError):
            for descriptor in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    if os.readlink(descriptor) == str(lock):
                        holders.append(descriptor)
    assert holders == []


def test_token_is_no_argument(request, scripts, nowhere):
    """The token is not in the arguments of any process."""
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
    # With a server that refuses connections, curl runs too briefly to be seen.
    assert seen > 0 or "dead" in request.node.name


def test_other_curl_settings(scripts, title):
    """The user's .curlrc has no effect."""
    (scripts.folder / ".curlrc").write_text("fail\nmax-time = 0.001\nverbose\n")
    scripts.run(f'progress_start "{title}"\n', HOME=str(scripts.folder))
    assert scripts.ended(title)["status"] == "succeeded"
