# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
from __future__ import annotations

import os
import signal

import pytest
from support import BINARY, BlackHole, Scripted, Server

import live_progress
from live_progress import _settings

# A background job of a shell ignores SIGINT, and all programs that the tests start would inherit this setting.
signal.signal(signal.SIGINT, signal.default_int_handler)
for name in [name for name in os.environ if name.startswith("LIVE_PROGRESS") and name != "LIVE_PROGRESS_BINARY"]:
    del os.environ[name]


@pytest.fixture(scope="session")
def real_server():
    assert BINARY.exists(), f"{BINARY} does not exist; run `make build`, or set LIVE_PROGRESS_BINARY"
    with Server() as server:
        yield server


@pytest.fixture
def server(real_server):
    """Configures this process for the real server."""
    live_progress.configure(server=real_server.url)
    yield real_server
    live_progress.flush(5)
    reset()


@pytest.fixture
def scripted():
    with Scripted() as server:
        live_progress.configure(server=server.url)
        yield server
    reset()


@pytest.fixture
def black_hole():
    with BlackHole() as server:
        yield server


def reset():
    for name in ("server", "token", "disabled", "display"):
        setattr(_settings._Configured, name, None)


@pytest.fixture
def own_server():
    """Starts a server for one test."""
    with Server() as server:
        yield server
