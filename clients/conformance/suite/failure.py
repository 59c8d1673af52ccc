# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The errors of a client or of a case."""

from __future__ import annotations


class Failure(Exception):
    """A requirement that the client did not meet."""


class BadCase(Exception):
    """A case that cannot be played, which is a fault of the suite, not of a client."""


def expect(condition: object, message: str) -> None:
    if not condition:
        raise Failure(message)


def expect_equal(actual: object, expected: object, what: str) -> None:
    if actual != expected:
        raise Failure(f"{what}: expected {expected!r}, got {actual!r}")
