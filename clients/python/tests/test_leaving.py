# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A process that ends in any way sends its last reports, and does not wait longer than its limit."""

from __future__ import annotations

import signal

import pytest
from support import PATIENCE, only, run_file, run_python


def test_os_exit_hangs_nothing_and_flush_is_enough(own_server):
    code = """
        import os, live_progress
        op = live_progress.operation("Left")
        op.advance(3); op.succeed(FLUSH)
        os._exit(7)
        """
    process = run_python(code.replace("FLUSH", "1"), check=False, LIVE_PROGRESS_SERVER=own_server.url)
    assert process.returncode == 7
    code = code.replace("os._exit", "live_progress.flush(5); os._exit").replace("Left", "Flushed")
    run_python(code.replace("FLUSH", "2"), check=False, LIVE_PROGRESS_SERVER=own_server.url)
    flushed = only(own_server, "Flushed")
    assert (flushed["status"], flushed["result"], flushed["progress"]["completedCount"]) == ("succeeded", 2, 3)


def test_the_sender_imports_nothing_in_its_thread(own_server):
    # After a fork during an import, the child could wait forever for the module.
    code = """
        import sys, live_progress
        before = set(sys.modules)
        for number in range(3):
            with live_progress.operation("Imports", total=3) as op: op.update("One", a={1}); op.advance()
            assert op.flush(10)
        print(sorted(set(sys.modules) - before))
        """
    assert run_python(code, LIVE_PROGRESS_SERVER=own_server.url).stdout == "[]\n"


@pytest.mark.parametrize("way", ["end", "exit", "raise", "thread", "fork", "spawn", "_exit"])
def test_leaving_takes_at_most_two_seconds_with_a_black_hole(black_hole, tmp_path, way):
    code = """
        import atexit, time
        left = time.monotonic()
        # The function that is registered first runs last, so it measures the whole end of the process.
        atexit.register(lambda: print(time.monotonic() - left, flush=True))
        import multiprocessing, os, sys, threading, live_progress
        way = WAY
        def work():
            global left
            with live_progress.operation("Dead", total=3) as op:
                op.update("One"); op.advance()
            left = time.monotonic()
        if __name__ == "__main__":
            if way == "thread": threading.Thread(target=work).start()
            elif way == "spawn":
                child = multiprocessing.get_context("spawn").Process(target=work)
                child.start(); child.join(); left = time.monotonic()
            elif way == "fork":
                child = os.fork()
                work()
                if child == 0: sys.exit(0)
                os.waitpid(child, 0); left = time.monotonic()
            else: work()
            if way == "exit": sys.exit(0)
            if way == "raise": raise SystemExit(0)
            if way == "_exit": print(0.0, flush=True); os._exit(0)
        """
    process = run_file(tmp_path, code.replace("WAY", repr(way)), prelude="", LIVE_PROGRESS_SERVER=black_hole.url)
    times = [float(line) for line in process.stdout.split()]
    assert len(times) == (2 if way in ("fork", "spawn") else 1)
    assert max(times) < 2.0 * PATIENCE


def test_calls_take_no_time_with_a_black_hole(black_hole):
    code = """
        import time, live_progress
        longest = 0.0
        for number in range(3):
            with live_progress.operation(f"Dead {number}", total=10_000) as op:
                for _ in range(10_000):
                    begun = time.perf_counter()
                    op.update("State", a=1); op.advance()
                    longest = max(longest, time.perf_counter() - begun)
            assert op.dropped > 9_000, op.dropped
        # A call that waits for the server waits for seconds.
        assert longest < 2, longest
        """
    run_python(code, prelude="", LIVE_PROGRESS_SERVER=black_hole.url)


def test_no_server_at_all_costs_no_time_to_leave():
    code = """
        import live_progress
        for number in range(100):
            with live_progress.operation(f"Refused {number}") as op: op.advance()
        """
    run_python(code, LIVE_PROGRESS_SERVER="http://127.0.0.1:1", timeout=19)  # shorter than the sum of the limits


def test_an_interrupt_cancels(own_server):
    code = """
        import os, signal, time, live_progress
        with live_progress.operation("Interrupted") as op:
            os.kill(os.getpid(), signal.SIGINT)
            while True: time.sleep(0.01)  # signal.pause() could start after the signal
        """
    process = run_python(code, check=False, LIVE_PROGRESS_SERVER=own_server.url)
    assert process.returncode == -signal.SIGINT
    assert only(own_server)["status"] == "cancelled"


def test_a_signal_handler_may_report(own_server):
    code = """
        import os, signal, live_progress
        op = live_progress.operation("Signals")
        signal.signal(signal.SIGALRM, lambda *_: (op.update("Handled"), op.advance()))
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        for _ in range(20_000): op.update("Working"); op.advance()
        signal.setitimer(signal.ITIMER_REAL, 0)
        op.succeed()
        """
    run_python(code, LIVE_PROGRESS_SERVER=own_server.url)
    assert only(own_server)["status"] == "succeeded"
