# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Where a report goes: to the terminal, to a file, or into a document between two marks."""

from __future__ import annotations

from pathlib import Path

BEGIN = "<!-- figures: begin -->"
END = "<!-- figures: end -->"


def replaced(document: str, figures: str) -> str:
    """The document with these figures in place of those between its marks."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"the document has no place for figures, between {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{figures.strip()}\n{END}{after}"


def update(path: Path, figures: str) -> None:
    path.write_text(replaced(path.read_text(), figures))
