# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The faults of `cluster_rounds.py` with few operations, and the demonstration of several nodes."""

from __future__ import annotations

import os
import subprocess

import pytest
from cluster_rounds import Plan, run_rounds
from harness import ROOT, expect, plain_environment


@pytest.mark.timeout(240)
def test_cluster_rounds(binary, tmp_path):
    """Durable reports survive the loss of NATS servers and nodes, are applied once, and watchers see them in order."""
    plan = Plan(binary, operations=0, workers=4, watchers=4, calm=0.5, cut=7, seed=11)
    rounds = run_rounds(plan, tmp_path)
    print(rounds.table())
    expect(rounds.ledger.counters.acknowledged > 300, "the workers reported")
    expect(rounds.ledger.counters.answers > 3, "persons answered")
    expect(len(rounds.ledger.last_seen) > 20, "the watchers saw ends")
    expect(sum(figures["live_progress_taken_over_operations_total"] for figures in rounds.figures) > 0, "nodes took over")


@pytest.mark.timeout(120)
def test_demonstration(binary):
    """`make cluster CHECK=1` shows a job of one node on another one, and what remains when its node is killed."""
    nats = os.environ.get("LIVE_PROGRESS_NATS_SERVERS", "")
    environment = plain_environment(CHECK="1", LIVE_PROGRESS_NATS_SERVERS=nats)
    done = subprocess.run([ROOT / "scripts/cluster.sh"], env=environment, capture_output=True, text=True, timeout=100)
    expect(done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}")
    expect("still knows how the job ended" in done.stderr, done.stderr)
