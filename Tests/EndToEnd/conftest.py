# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""What pytest needs to know of the end-to-end tests: the binary, a server of it for each test, a browser, and their sentences."""

from __future__ import annotations

import inspect
import signal
from pathlib import Path

import pytest
from browser import Browser
from harness import ROOT, Server, raise_file_limit


def pytest_addoption(parser):
    parser.addoption("--binary", default=str(ROOT / "bin" / "live-progress"), help="the server and tool to be tested")
    parser.addoption("--pictures", help="a folder for pictures of the pages in each state")
    parser.addoption("--rows", default="", help="only the rows of hostile clients whose group, name or rule has this text")


def pytest_configure(config):
    if not Path(config.getoption("binary")).exists():
        raise pytest.UsageError(f"{config.getoption('binary')} does not exist; `make build` makes it")
    raise_file_limit()
    # A shell may run this in the background with interrupts ignored, which every program started from here would inherit.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_itemcollected(item):
    """Notes the sentence that a test promises, and lets `-k` find it by its words."""
    if sentence := inspect.getdoc(item.obj):
        item.user_properties.append(("sentence", sentence))
        item.extra_keyword_matches.add(sentence)
    # One browser is enough for them all: starting it takes more time than most of them.
    if "browser" in item.fixturenames:
        item.add_marker(pytest.mark.xdist_group("pages"))


@pytest.hookimpl(wrapper=True)
def pytest_report_teststatus(report):
    """Shows the sentence behind what came of the test."""
    category, letter, word = yield
    sentence = dict(getattr(report, "user_properties", ())).get("sentence")
    return category, letter, f"{word}: {sentence}" if word and sentence else word


def pytest_collection_modifyitems(items):
    """Those that may take longest come first, so that none is left running alone at the end."""
    items.sort(key=lambda item: -max((mark.args[0] for mark in item.iter_markers("timeout")), default=0))


@pytest.fixture(scope="session")
def binary(pytestconfig) -> Path:
    return Path(pytestconfig.getoption("binary")).resolve()


@pytest.fixture
def server(binary):
    """A server of the test's own."""
    with Server(binary) as server:
        yield server


@pytest.fixture(scope="session")
async def browser():
    async with Browser() as browser:
        yield browser


@pytest.fixture
def pictures(pytestconfig) -> Path | None:
    if folder := pytestconfig.getoption("pictures"):
        Path(folder).mkdir(parents=True, exist_ok=True)
    return folder and Path(folder)
