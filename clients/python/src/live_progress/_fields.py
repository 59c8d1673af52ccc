# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The values of a server's message, as Python values; a value of another type counts as absent."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, Dict, Optional


def mapping_of(value: object) -> Dict[str, Any]:
    return value if isinstance(value, dict) else {}


def text_of(value: object) -> Optional[str]:
    return value if isinstance(value, str) else None


def whole_of(value: object) -> Optional[int]:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def number_of(value: object) -> Optional[float]:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def date_of(value: object) -> Optional[datetime]:
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")) if isinstance(value, str) else None
    except ValueError:
        return None
