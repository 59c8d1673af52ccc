# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""What all of this package shares: one lock, and the operation that the code at hand runs in."""

from __future__ import annotations

import contextvars
import threading
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from ._operation import Operation

#: Held for each change of what threads share, for microseconds, and never while anything is waited for. It may be
#: taken again by who has it, as by a signal handler that reports; and a fork waits for it, so that the child finds
#: nothing half done.
lock = threading.RLock()

current_operation: contextvars.ContextVar[Optional[Operation]] = contextvars.ContextVar("live_progress", default=None)
