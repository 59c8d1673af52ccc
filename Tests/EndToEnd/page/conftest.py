# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""What the tests of the pages share: a browser, the pages of one server, and a mock server that serves them."""

import aiohttp
import pytest
from browser import Browser
from harness import Server
from mock import Mock
from pages import Pages


def pytest_itemcollected(item):
    """One browser is enough for them all: starting it takes more time than most of them."""
    if "browser" in item.fixturenames:
        item.add_marker(pytest.mark.xdist_group("pages"))


@pytest.fixture(scope="session")
async def browser():
    async with Browser() as browser:
        yield browser


@pytest.fixture(scope="session")
async def pages(binary):
    with Server(binary) as server:
        async with aiohttp.ClientSession() as http:
            return await Pages.load(http, server.url)


@pytest.fixture
async def mock(pages):
    async with Mock(pages) as mock:
        yield mock


@pytest.fixture
async def http():
    async with aiohttp.ClientSession(raise_for_status=True) as http:
        yield http
