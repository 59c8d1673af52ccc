# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The fixtures of the page tests: the pages of a real server, and a mock server that serves them."""

import aiohttp
import pytest
from harness import Server
from mock import Mock
from pages import Pages


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
