# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The client's snapshots for the conformance suite, with the names of the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Dict, Optional

from live_progress import Snapshot


def shown(snapshot: Snapshot) -> Dict[str, Any]:
    """Returns a snapshot of the client with the names of the wire."""
    wire = {"result": None, "error": None, "progress": None, **snapshot.wire}
    progress = None
    if wire["progress"] is not None:
        progress = {
            "completedCount": snapshot.completed,
            "totalCount": snapshot.total,
            "unit": snapshot.unit,
            "fractionCompleted": snapshot.fraction,
        }
    return {
        **wire,
        "cursor": snapshot.cursor,
        "revision": snapshot.revision,
        "status": snapshot.status,
        "state": snapshot.state,
        "details": snapshot.details,
        "progress": progress,
        "skipped": snapshot.skipped,
        "result": snapshot.result,
        "error": snapshot.error,
        "waitingFor": asked(snapshot.waiting_for),
        "lastAnswer": asked(snapshot.last_answer),
    }


def asked(value: Optional[object]) -> Optional[Dict[str, Any]]:
    """Returns a question or an answer with the names of the wire, and without its times."""
    if value is None:
        return None
    names = {"answered_by": "answeredBy", "is_expired": "isExpired"}
    members = {
        names.get(name, name): member for name, member in vars(value).items() if not isinstance(member, datetime)
    }
    return {name: list(member) if isinstance(member, tuple) else member for name, member in members.items()}
