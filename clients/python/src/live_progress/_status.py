# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The status of an operation as one line of text."""

from __future__ import annotations

from typing import List

from ._channel import Channel

_BAR = 24


def status(channel: Channel, seconds: float) -> str:
    """Returns the status of an operation as one line without control characters."""
    counts = channel.counts
    done, fraction = int(counts.completed), counts.fraction()
    parts = [channel.title]
    question = channel.question
    if question is not None and not question.is_over and channel.status == "running":
        choices = f" [{'/'.join(question.choices)}]" if question.choices else ""
        return _printable([*parts, f"waiting for an answer: {question.message}{choices}"])
    if fraction is not None:
        filled = int(fraction * _BAR)
        parts.append(f"{int(fraction * 100 + 1e-9):3d}% " + "━" * filled + "╌" * (_BAR - filled))
    unit = f" {counts.unit}" if counts.unit else ""
    if done or counts.total:
        parts.append(f"{done:,} of {int(counts.total):,}{unit}" if counts.total else f"{done:,}{unit}")
    if channel.status != "running":
        parts.append(f"{channel.status} after {duration(seconds)}")
    elif channel.left_by is not None:
        parts.append(f"stopped after {duration(seconds)}")  # by an exception that is not known yet
    elif done and seconds > 1:
        rate = done / seconds
        parts.append(f"{rate:,.1f}{unit}/s" if rate < 100 else f"{rate:,.0f}{unit}/s")
        if fraction:
            parts.append(f"{duration(seconds * (1 - fraction) / fraction)} left")
    if channel.state and channel.status == "running" and channel.left_by is None:
        parts.append(channel.state)
    return _printable(parts)


def _printable(parts: List[str]) -> str:
    text = "  ".join(part for part in parts if part)
    return "".join(character if character.isprintable() else " " for character in text)


def duration(seconds: float) -> str:
    """Returns a duration as text: 8 s, 3 min 20 s, 1 h 12 min."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
