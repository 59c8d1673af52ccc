# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Reports and watches over TLS, also in the child of a fork; an untrusted server receives nothing."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from support import Server, run_python

CODE = """
    import asyncio, os, live_progress
    with live_progress.operation("Secure", total=4) as op:
        op.advance()
        assert op.flush(20), op.refusal
        for number in range(3):
            child = os.fork()
            if child == 0:
                op.advance()
                os._exit(0 if live_progress.flush(20) else 1)
            assert os.waitpid(child, 0)[1] == 0
            op.update(f"After {number}")
            assert op.flush(20)
    assert op.flush(20)
    print([(s.status, s.completed) for s in live_progress.watch(op.url)])
    async def follow(): return [(s.status, s.completed) async for s in live_progress.awatch(op.url)]
    print(asyncio.run(follow()))
    """


@pytest.fixture
def tls(tmp_path):
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
        + ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
        + ["-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    with Server("--tls-cert", str(certificate), "--tls-key", str(key)) as server:
        yield server, certificate


def test_all_goes_over_tls(tls):
    server, certificate = tls
    process = run_python(CODE, LIVE_PROGRESS_SERVER=server.url, LIVE_PROGRESS_CA=certificate)
    assert process.stdout == "[('succeeded', 4)]\n" * 2


def test_a_server_that_nobody_vouches_for_is_told_nothing(tls):
    server, _ = tls
    code = """
        import live_progress
        with live_progress.operation("Untrusted") as op: op.update("State")
        op.flush(20)
        print(op.refusal[0], "certificate" in op.refusal[1])
        """
    assert run_python(code, LIVE_PROGRESS_SERVER=server.url).stdout == "unreachable True\n"
