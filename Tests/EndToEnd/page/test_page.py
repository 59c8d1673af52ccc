# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Tests the pages for people in a real browser.

    python3 Tests/EndToEnd/page/test_page.py                        pages from their sources, against a mock server
    python3 Tests/EndToEnd/page/test_page.py --binary bin/live-progress     also against a server that it starts
    python3 Tests/EndToEnd/page/test_page.py --server http://127.0.0.1:8080 also against a server that runs

With a real server its very bytes are what the mock serves too. Exits 0 only if every test passed.
"""

import argparse
import asyncio
import contextlib
import sys
import traceback
from pathlib import Path

try:
    import aiohttp
except ModuleNotFoundError:
    raise SystemExit("aiohttp is missing: python3 -m pip install -r Tests/EndToEnd/page/requirements.txt")

import cases_faults
import cases_list
import cases_operation
import cases_server
from browser import Browser
from mock import FetchedPages, Mock, Pages
from running import running


async def run_case(case, browser, pages, server, pictures):
    try:
        async with asyncio.timeout(90):
            if case.needs_server:
                async with aiohttp.ClientSession(raise_for_status=True) as http:
                    await case.function(browser, server, http)
            else:
                async with Mock(pages) as mock:
                    await case.function(browser, mock, pictures)
    except Exception as error:
        print(f"FAILED  {case.promise}", flush=True)
        traceback.print_exception(error, limit=-4, file=sys.stdout)
        return False
    print(f"ok      {case.promise}", flush=True)
    return True


async def run_all(options):
    passed = failed = 0
    async with contextlib.AsyncExitStack() as stack:
        server = options.server
        if options.binary:
            server = await stack.enter_async_context(running(options.binary))
        pages = Pages()
        if server:
            server = server.rstrip("/")
            async with aiohttp.ClientSession() as http:
                pages = await FetchedPages.load(http, server)
        browser = await stack.enter_async_context(Browser())
        for module in (cases_operation, cases_faults, cases_list, cases_server):
            for case in module.cases:
                if case.needs_server and not server or options.only not in case.promise:
                    continue
                if await run_case(case, browser, pages, server, options.pictures):
                    passed += 1
                else:
                    failed += 1
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


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
