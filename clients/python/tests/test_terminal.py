# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The line of a terminal: it ends with its operation, and the program's output comes above the line."""

from __future__ import annotations

import re

import pytest
from support import API
from terminal import DRAWN, on_terminal, rows

LEAVING = {
    "break": "break",
    "return": "return",
    "exception": "raise ValueError",
}


def shown(code, **options):
    return rows(on_terminal(code, prelude=DRAWN, **options))


def bar(title, done, end):
    """Returns a pattern for the last drawing of a loop with 5 rows."""
    return rf"{title}   *\d+% [━╌]+  {done} of 5 rows  {end} after \d+ s"


def expect_rows(seen, *patterns):
    assert len(seen) == len(patterns), seen
    for row, pattern in zip(seen, patterns):
        assert re.fullmatch(pattern, row), (row, pattern, seen)


@pytest.mark.parametrize("leaving", LEAVING)
def test_the_line_ends_with_the_loop_and_the_next_loop_is_drawn_with_its_link(server, leaving):
    code = f"""
        from live_progress import track
        def loop(title):
            for row in track(range(5), title, unit="rows"):
                if row == 2:
                    drawn()
                    {LEAVING[leaving]}
        for title in ("First", "Second"):
            try: loop(title)
            except ValueError: pass
            assert not _terminal._screen.lines
            print("after", title)
        """
    end = "stopped" if leaving == "exception" else "cancelled"
    link = rf"live-progress: {re.escape(server.url + API)}/[0-9a-f-]{{36}}"
    seen = shown(code, LIVE_PROGRESS_SERVER=server.url)
    expect_rows(seen, link, bar("First", 2, end), "after First", link, bar("Second", 2, end), "after Second", "")
    assert seen[0] != seen[3]


def test_the_line_of_an_asynchronous_loop_ends_with_the_loop(server):
    code = """
        import asyncio
        from live_progress import flush, track
        async def source():
            for number in range(5): yield number
        async def main():
            async for row in track(source(), "Import", total=5, unit="rows", id="left-asynchronously"):
                if row == 2:
                    drawn()
                    break
            print("after")
        asyncio.run(main())
        """
    expect_rows(shown(code, LIVE_PROGRESS_SERVER=server.url)[1:], bar("Import", 2, "cancelled"), "after", "")
    snapshot = server.await_end(f"{server.url}{API}/left-asynchronously")
    assert (snapshot["status"], snapshot["progress"]["completedCount"]) == ("cancelled", 2)


def test_an_uncaught_exception_is_printed_below_the_line():
    code = """
        from live_progress import operation, track
        for row in track(range(5), "Import", unit="rows"):
            if row == 2:
                drawn()
                raise ValueError("row 2 is broken")
        """
    seen = shown(code, code_of_exit=1)
    assert re.fullmatch(bar("Import", 2, "stopped"), seen[0])
    assert seen[1] == "Traceback (most recent call last):"
    assert seen[-2:] == ["ValueError: row 2 is broken", ""]


def test_a_traceback_and_the_line_of_an_open_operation_are_apart():
    code = """
        from live_progress import operation
        op = operation("Import", total=5, unit="rows")
        op.advance(2)
        drawn()
        raise ValueError("row 2 is broken")
        """
    seen = shown(code, code_of_exit=1)
    assert seen[0] == "Traceback (most recent call last):"
    assert seen[-3] == "ValueError: row 2 is broken"
    expect_rows(seen[-2:], bar("Import", 2, "failed"), "")


@pytest.mark.parametrize(
    "call, text",
    [
        ("print('found', row)", "found"),
        ("print('found', row, file=sys.stderr)", "found"),
        ("log.warning('found %d', row)", "found"),
        ("sys.stdout.writelines(['found ', str(row), '\\n'])", "found"),
        ("print('found', end=' ', flush=True); drawn(); print(row)", "found"),
    ],
    ids=["print", "error", "log", "lines", "parts"],
)
def test_the_output_of_the_body_comes_above_the_line(call, text):
    code = f"""
        import logging, sys
        from live_progress import track
        logging.basicConfig(format="%(message)s")
        log = logging.getLogger()
        for row in track(range(5), "Import", unit="rows"):
            drawn()
            {call}
        """
    expect_rows(shown(code), *[f"{text} {row}" for row in range(5)], bar("Import", 5, "succeeded"), "")


def test_the_line_is_drawn_again_at_once_below_the_output():
    code = """
        import os
        from live_progress import _sender, track
        for row in track(range(5), "Import", unit="rows"):
            if row == 2:
                drawn()
                _sender.sender().watchers.clear()  # now only the output of the program draws the line
                print("found 2")
                os.write(2, b"MARK")
        """
    above, line = rows(on_terminal(code, prelude=DRAWN).partition("MARK")[0])
    assert above == "found 2" and line.startswith("Import   40% ")


def test_unfinished_text_of_the_program_stays():
    code = """
        from live_progress import track
        for row in track(range(5), "Import", unit="rows"):
            drawn()
            print(".", end="")
        print("after")
        """
    expect_rows(shown(code), r"\.{5}", bar("Import", 5, "succeeded"), "after", "")


def test_the_streams_are_as_before_after_the_line():
    code = """
        import sys
        from live_progress import track
        streams = sys.stdout, sys.stderr
        for row in track(range(5), "Import"):
            drawn()
            assert streams == (sys.stdout, sys.stderr) and "write" in vars(sys.stdout)
        assert not any("write" in vars(stream) for stream in streams)
        """
    on_terminal(code, prelude=DRAWN)


def test_the_hook_of_another_library_stays():
    code = """
        import sys
        from live_progress import track
        own = lambda text, write=sys.stdout.write: write(text.upper())
        sys.stdout.write = own
        for row in track(range(1), "Import"):
            drawn()
            print("found")
        assert sys.stdout.write is own
        del sys.stdout.write
        for row in track(range(1), "Import"):
            hooked = sys.stdout.write
            sys.stdout.write = lambda text: hooked(text.title())
        print("after")
        """
    seen = shown(code)
    assert seen[0] == "FOUND" and seen[-2:] == ["After", ""]


def test_the_child_of_a_fork_prints_and_leaves_the_line_to_its_parent():
    code = """
        import os
        from live_progress import track
        for row in track(range(5), "Import", unit="rows"):
            if row == 2:
                drawn()
                child = os.fork()
                if child == 0:
                    print("\\nchild", flush=True)
                    os._exit(0 if not _terminal._screen.lines else 1)
                assert os.waitpid(child, 0)[1] == 0
        """
    seen = shown(code)
    assert "child" in seen
    expect_rows(seen[-2:], bar("Import", 5, "succeeded"), "")


def test_an_operation_that_goes_on_is_drawn_after_the_first_one():
    code = """
        from live_progress import operation
        with operation("First"):
            second = operation("Second")
            drawn()
        drawn()
        second.succeed()
        """
    expect_rows(shown(code), r"First  succeeded after \d+ s", r"Second  succeeded after \d+ s", "")


def test_a_thread_that_holds_the_terminal_does_not_stop_the_work():
    code = """
        import threading
        from live_progress import operation
        _terminal._PATIENCE = 0.01
        held, over = threading.Event(), threading.Event()
        def hold():
            with _terminal._screen.lock:
                held.set()
                over.wait(20)
        with operation("Import") as op:
            drawn()
            thread = threading.Thread(target=hold)
            thread.start()
            held.wait(20)
            print("found")
        over.set()
        thread.join()
        print(op._channel.status)
        """
    seen = shown(code)
    assert "succeeded" in seen and "found" in "".join(seen)
