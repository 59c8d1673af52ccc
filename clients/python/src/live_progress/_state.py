# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The shared state of the package: a lock, and the current operation."""

from __future__ import annotations

import contextvars
import threading
from typing import TYPE_CHECKING, Optional

if TYPE_CHECKING:
    from ._operation import Operation

#: The lock for all state that threads share. It is held for microseconds, and never during a wait. It is reentrant,
#: because a signal handler may report. A fork acquires the lock, so that the child has a consistent state.
lock = threading.RLock()

current_operation: contextvars.ContextVar[Optional[Operation]] = contextvars.ContextVar("live_progress", default=None)
