# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The final table of cases and clients."""

from __future__ import annotations

MARKS = {"passed": "✓", "failed": "✗", "-": "-"}
Results = dict[str, dict[str, tuple[str, str]]]


def table(cases: list[str], results: Results) -> str:
    """Returns a table whose rows are cases and whose columns are clients; the last row has the totals."""
    clients = list(results)
    width = max((len(case) for case in cases), default=4)
    lines = [" | ".join(["case".ljust(width), *clients]), "-|-".join(["-" * width, *("-" * len(c) for c in clients)])]
    for case in cases:
        marks = [MARKS[results[c][case][0]].center(len(c)) for c in clients]
        lines.append(" | ".join([case.ljust(width), *marks]))
    figures = []
    for client in clients:
        told = [outcome for outcome, _ in results[client].values()]
        figures.append(f"{told.count('passed')}/{len(told) - told.count('-')}".center(len(client)))
    lines.append(" | ".join(["passed of the applicable cases".ljust(width), *figures]))
    return "\n".join(lines)
