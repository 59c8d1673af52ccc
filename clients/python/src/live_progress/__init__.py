# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Live progress of long-running operations: a worker reports to any number of watchers.

```python
from live_progress import track, operation, watch, current

for row in track(rows, "Import", unit="rows"):
    insert(row)
```
"""

from __future__ import annotations

from ._answer import answer
from ._awatch import awatch
from ._begin import aask, ask, current, operation
from ._counting import Part
from ._http import ProgressError
from ._operation import Operation
from ._problem import Cancelled
from ._question import Unanswered
from ._sender import flush
from ._settings import configure
from ._snapshot import Snapshot
from ._tqdm import patch_tqdm
from ._track import Track, track
from ._waiting import LastAnswer, WaitingFor
from ._watch import Watch, cancel, watch

__version__ = "0.1.0"

__all__ = [
    "Cancelled",
    "LastAnswer",
    "Operation",
    "Part",
    "ProgressError",
    "Snapshot",
    "Track",
    "Unanswered",
    "WaitingFor",
    "Watch",
    "aask",
    "answer",
    "ask",
    "awatch",
    "cancel",
    "configure",
    "current",
    "flush",
    "operation",
    "patch_tqdm",
    "track",
    "watch",
]
