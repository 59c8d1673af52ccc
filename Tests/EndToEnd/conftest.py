# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The pytest configuration of the end-to-end tests: options, and fixtures for the binary, a server per test, and a browser."""

from __future__ import annotations

import inspect
import signal
from pathlib import Path

import pytest
from browser import Browser
from harness import ROOT, Server, raise_file_limit


def pytest_addoption(parser):
    parser.addoption("--binary", default=str(ROOT / "bin" / "live-progress"), help="the binary to test")
    parser.addoption("--pictures", help="a folder for a picture of the pages in each state")
    parser.addoption("--rows", default="", help="only the rows of hostile clients whose group, name or rule contains this text")


def pytest_configure(config):
    if not Path(config.getoption("binary")).exists():
        raise pytest.UsageError(f"{config.getoption('binary')} does not exist; build it with `make build`")
    raise_file_limit()
    # A background job of a shell ignores SIGINT, and all programs that the tests start would inherit this setting.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_itemcollected(item):
    """Records the docstring of a test as its sentence, and lets `-k` search the sentence."""
    if sentence := inspect.getdoc(item.obj):
        item.user_properties.append(("sentence", sentence))
        item.extra_keyword_matches.add(sentence)
    # All tests of the pages share one browser, because the start of a browser takes longer than most of the tests.
    if "browser" in item.fixturenames:
        item.add_marker(pytest.mark.xdist_group("pages"))


@pytest.hookimpl(wrapper=True)
def pytest_report_teststatus(report):
    """Shows the sentence of a test after its result."""
    category, letter, word = yield
    sentence = dict(getattr(report, "user_properties", ())).get("sentence")
    return category, letter, f"{word}: {sentence}" if word and sentence else word


def pytest_collection_modifyitems(items):
    """Runs the tests with the longest timeouts first, so that no long test runs alone at the end."""
    items.sort(key=lambda item: -max((mark.args[0] for mark in item.iter_markers("timeout")), default=0))


@pytest.fixture(scope="session")
def binary(pytestconfig) -> Path:
    return Path(pytestconfig.getoption("binary")).resolve()


@pytest.fixture
def server(binary):
    """Starts a server for one test."""
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
