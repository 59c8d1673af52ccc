# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The destinations of a report: the terminal, a file, or a document between two marks."""

from __future__ import annotations

from pathlib import Path

BEGIN = "<!-- figures: begin -->"
END = "<!-- figures: end -->"


def replaced(document: str, figures: str) -> str:
    """The document, with these figures in place of the figures between its marks."""
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"the document has no place for figures, between {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{figures.strip()}\n{END}{after}"


def update(path: Path, figures: str) -> None:
    path.write_text(replaced(path.read_text(), figures))
