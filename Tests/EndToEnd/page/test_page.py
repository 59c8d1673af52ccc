# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Tests the pages for people in a real browser.

    python3 Tests/EndToEnd/page/test_page.py                        pages from their sources, against a mock server
    python3 Tests/EndToEnd/page/test_page.py --binary bin/live-progress     also against a server that it starts
    python3 Tests/EndToEnd/page/test_page.py --server http://127.0.0.1:8080 also against a server that runs

With a real server its very bytes are what the mock serves too. Exits 0 only if every test passed. The end-to-end
runner takes the same cases in as a group of its own.
"""

import argparse
import asyncio
import atexit
import contextlib
import functools
import sys
import traceback
from pathlib import Path

try:
    import aiohttp
except ModuleNotFoundError:
    raise SystemExit("aiohttp is missing: python3 -m pip install -r Tests/EndToEnd/requirements.txt")

import cases_faults
import cases_list
import cases_looks
import cases_operation
import cases_prefix
import cases_server
from browser import Browser
from mock import Mock
from pages import FetchedPages, Pages
from running import running


MODULES = (cases_operation, cases_faults, cases_looks, cases_list, cases_prefix, cases_server)
ALL = [case for module in MODULES for case in module.cases]


class Session:
    """One browser, and the pages of one server, for all cases."""

    def __init__(self):
        self.stack = contextlib.AsyncExitStack()
        self.browser = self.server = self.pictures = None

    async def open(self, server=None, pictures=None):
        self.server, self.pictures, self.pages = server and server.rstrip("/"), pictures, Pages()
        if self.server:
            async with aiohttp.ClientSession() as http:
                self.pages = await FetchedPages.load(http, self.server)
        self.browser = await self.stack.enter_async_context(Browser())

    async def run(self, case):
        async with asyncio.timeout(90):
            if case.needs_server:
                async with aiohttp.ClientSession(raise_for_status=True) as http:
                    await case.function(self.browser, self.server, http)
            else:
                async with Mock(self.pages) as mock:
                    await case.function(self.browser, mock, self.pictures)


async def run_all(options):
    passed = failed = 0
    session = Session()
    async with session.stack as stack:
        server = options.server
        if options.binary:
            server = await stack.enter_async_context(running(options.binary))
        await session.open(server, options.pictures)
        for case in ALL:
            if case.needs_server and not server or options.only not in case.promise:
                continue
            try:
                await session.run(case)
                passed += 1
                print(f"ok      {case.promise}", flush=True)
            except Exception as error:
                failed += 1
                print(f"FAILED  {case.promise}", flush=True)
                traceback.print_exception(error, limit=-4, file=sys.stdout)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


def join_runner():
    """Gives the cases to the end-to-end runner; the browser starts with the first and ends with the program."""
    from harness import CASES, Case

    loop, session = asyncio.new_event_loop(), Session()

    def body(case, environment):
        if session.browser is None:
            atexit.register(lambda: loop.run_until_complete(session.stack.aclose()))
            loop.run_until_complete(session.open(environment.server.url))
        loop.run_until_complete(session.run(case))

    CASES.extend(Case(case.promise, functools.partial(body, case), 150, "page") for case in ALL)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", help="the address of a server that runs")
    parser.add_argument("--binary", help="the server's program, to be started for the tests")
    parser.add_argument("--pictures", type=Path, help="a folder for pictures of each state")
    parser.add_argument("--only", default="", help="only the tests whose promise has this text")
    options = parser.parse_args()
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
    sys.exit(asyncio.run(run_all(options)))


if __name__ == "__main__":
    main()
elif "harness" in sys.modules:
    join_runner()
