# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The factor for time limits on busy machines."""

from __future__ import annotations

import os

FACTOR = float(os.environ.get("LIVE_PROGRESS_PATIENCE", "1"))


def patient(seconds: float) -> float:
    """Returns an upper time limit, multiplied by the factor; lower limits must not use this function."""
    return seconds * FACTOR
