# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""What is asked of a server: how many watchers, how many updates, how fast, and who misbehaves among them."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Load:
    """Watchers, updates in each write, updates in a second (0: flat out), deliveries in all.

    Of the watchers, some may stop to read and some may leave without a word; the load waits `linger` seconds at its
    end, without traffic.
    """

    watchers: int
    batch: int = 1
    rate: int = 0
    frames: int = 200_000
    stalled: int = 0
    vanished: int = 0
    linger: float = 0

    @property
    def updates(self) -> int:
        return max(self.batch * 4, self.frames // self.watchers // self.batch * self.batch)

    @property
    def is_paced(self) -> bool:
        return self.rate > 0

    @property
    def is_crowd(self) -> bool:
        """Whether it is about connections: how fast they are made, and what they cost without traffic."""
        return self.linger > 0

    @property
    def is_disturbed(self) -> bool:
        return self.stalled + self.vanished > 0

    @property
    def name(self) -> str:
        pace = f"{self.rate:,}/s" if self.rate else f"b={self.batch}"
        return f"{self.watchers:,} watchers, {pace}" + (", disturbed" if self.is_disturbed else "")

    def part(self, weight: float) -> Load:
        """The same load with a part of its deliveries, for a server that is slow."""
        return replace(self, frames=max(self.watchers, int(self.frames * weight)))


def crowd_size(file_limit: int) -> int:
    """The largest crowd of the benchmarks: ten thousand, or what the limit of open files lets in."""
    return min(10_000, file_limit - 200)


def all_loads(frames: int, crowd: int) -> list[Load]:
    """Every load, with so many deliveries in a run at one update a write."""
    return [
        Load(100, frames=frames),
        Load(1000, frames=frames),
        Load(crowd, frames=frames),
        Load(100, batch=32, frames=frames * 8),
        Load(1000, batch=32, frames=frames * 8),
        Load(100, rate=1000, frames=frames * 2),
        Load(1000, rate=100, frames=frames * 2),
        Load(1000, rate=100, frames=frames * 2, stalled=1, vanished=1),
        Load(crowd, rate=10, frames=crowd * 10, linger=1),
    ]
