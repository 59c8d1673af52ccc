# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A few rounds of `crash_rounds.py`, which runs many."""

from __future__ import annotations

import sys

import pytest
from crash_rounds import Plan, run_rounds
from harness import expect


@pytest.mark.timeout(120)
@pytest.mark.parametrize("power_loss", (0, 5))
def test_crash_rounds(binary, tmp_path, power_loss):
    """Durable reports survive kill -9 and power losses, are applied once, and watchers go on exactly (invariant 9)."""
    if power_loss and sys.platform != "linux":
        pytest.skip("the image of a power loss is kept by a library for Linux")
    plan = Plan(binary, rounds=7, power_loss=power_loss, workers=12, watchers=8, longest=0.8, seed=7 + power_loss)
    rounds = run_rounds(plan, tmp_path)
    print(rounds.table())
    expect(rounds.ledger.counters.acknowledged > 300, "the workers reported")
    expect(rounds.ledger.counters.answers > 3, "persons answered")
    expect(rounds.ledger.counters.exact > 20, "the watchers came back")
