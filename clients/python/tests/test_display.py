# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The local display, on a real terminal and in a notebook kernel."""

from __future__ import annotations

import re
import time

import pytest
from support import plain_environment, run_python
from terminal import on_terminal

from live_progress import _display, _status
from live_progress._channel import Channel
from live_progress._settings import Target

LOOP = """
    import time
    from live_progress import track
    for row in track(range(30), "Import", unit="rows"): time.sleep(0.02)
    print("after")
    """


def test_a_terminal_shows_a_line_without_any_server():
    drawn = on_terminal(LOOP)
    assert re.search(r"\r\x1b\[2KImport   \d+% ━*╌+  \d+ of 30 rows", drawn)
    assert re.search(r"Import  100% ━+  30 of 30 rows  succeeded after \d+ s\r\nafter\r\n$", drawn)


def test_a_server_gives_a_link_once(server):
    drawn = on_terminal(LOOP, LIVE_PROGRESS_SERVER=server.url)
    assert len(re.findall(r"live-progress: http://127\.0\.0\.1:\d+/api/v1/progress/[0-9a-f-]{36}\r\n", drawn)) == 1


def test_the_outer_operation_has_the_line():
    code = """
        import time
        from live_progress import track, operation
        with operation("Outer", total=3) as op:
            for number in range(3):
                for row in track(range(20), "Inner"): time.sleep(0.01)
                op.advance()
        """
    drawn = on_terminal(code)
    assert "Outer" in drawn and "Inner" not in drawn


def test_where_something_else_draws_nothing_is_drawn():
    code = """
        import time, sys
        from tqdm import tqdm
        from live_progress import track
        bar = tqdm(total=3)
        for row in track(range(30), "Ours"): time.sleep(0.02)
        bar.close()
        """
    assert "Ours" not in on_terminal(code)


def test_a_short_loop_a_pipe_and_a_dumb_terminal_stay_quiet():
    assert on_terminal("import live_progress\nfor x in live_progress.track(range(3), 'Short'): pass") == ""
    assert on_terminal(LOOP, TERM="dumb") == "after\r\n"
    assert run_python(LOOP).stderr == ""
    assert on_terminal(LOOP, LIVE_PROGRESS_DISABLED="1") == "after\r\n"


def test_a_failed_loop_says_so():
    code = """
        import time
        from live_progress import operation
        try:
            with operation("Load", total=4, unit="files") as op:
                op.advance(); op.update("Reading a.csv"); time.sleep(0.5)
                raise ValueError
        except ValueError: pass
        """
    drawn = on_terminal(code)
    assert "Reading a.csv" in drawn
    assert re.search(r"failed after \d+ s\r\n", drawn)


def test_nothing_that_is_told_commands_the_terminal():
    channel = Channel(None)
    channel.title = "a\x1b]0;title\x07\n\u202eb"
    assert not re.search(r"[\x00-\x1f\x7f\u202e]", _status.status(channel, 1.0))


def test_the_element_holds_no_token_to_report_with_and_no_markup_of_others():
    channel = Channel(Target("https://host/prefix/api/v1/progress/x", "report-token"))
    channel.title, channel.watch_token = "<script>alert(1)</script>", "watch-token"
    text = _display.element(channel)
    assert 'src="https://host/prefix/live-progress.js"' in text
    assert '<live-progress src="https://host/prefix/api/v1/progress/x#token=watch-token"' in text
    assert "report-token" not in text and "<script>alert" not in text


def test_a_kernel_shows_the_element(server):
    pytest.importorskip("ipykernel")
    pytest.importorskip("jupyter_client")
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3", env=plain_environment(LIVE_PROGRESS_SERVER=server.url))
    try:
        client.execute("from live_progress import track\nfor row in track(range(3), 'In a notebook'): pass")
        deadline, shown = time.monotonic() + 20, ""
        while "<live-progress" not in shown and time.monotonic() < deadline:
            message = client.get_iopub_msg(timeout=20)
            if message["msg_type"] == "display_data":
                shown = message["content"]["data"]["text/html"]
        url = re.search(r'<live-progress src="([^"]+)"', shown).group(1)
        assert server.await_end(url)["title"] == "In a notebook"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
