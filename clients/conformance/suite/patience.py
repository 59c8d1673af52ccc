# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""How long is waited for what must happen: longer on a machine that is busy with something else."""

from __future__ import annotations

import os

FACTOR = float(os.environ.get("LIVE_PROGRESS_PATIENCE", "1"))


def patient(seconds: float) -> float:
    """An upper limit of a time; lower limits are never stretched."""
    return seconds * FACTOR
