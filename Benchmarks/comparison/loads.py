# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The loads: the number of watchers and updates, their rate, and the misbehaving watchers."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Load:
    """Watchers, updates per write (0: the server decides), updates per second (0: as fast as possible), and deliveries.

    Some watchers may stop reading, and some may vanish without closing. The watchers `aside` follow other operations,
    which have no updates. At its end, the load waits `linger` seconds without traffic.
    """

    watchers: int
    batch: int = 1
    rate: int = 0
    frames: int = 200_000
    stalled: int = 0
    vanished: int = 0
    linger: float = 0
    aside: int = 0
    operations: int = 1

    @property
    def updates(self) -> int:
        followers = self.watchers - self.aside
        portion = max(1, self.batch)
        return max(portion * 4, self.frames // followers // portion * portion)

    @property
    def portion(self) -> int:
        """The number of updates per order; the next order follows when all have arrived. 0: one order for all updates.

        Without a rate, an order at one update per write fits into the sockets, so that a slow client does not make the
        server put more into one write. With more updates per write, an order is half of what the server's journal holds.
        """
        return 0 if self.is_paced else min(2048, 128 * (self.batch or 2048))

    @property
    def is_paced(self) -> bool:
        return self.rate > 0

    @property
    def is_free(self) -> bool:
        """Whether the server decides how many updates a write has."""
        return self.batch == 0

    @property
    def is_crowd(self) -> bool:
        """Whether the load measures connections: how fast they open, and what they cost without traffic."""
        return self.linger > 0 and not self.is_silent

    @property
    def is_silent(self) -> bool:
        """Whether the load measures many watchers without messages."""
        return self.aside > 0

    @property
    def is_disturbed(self) -> bool:
        return self.stalled + self.vanished > 0

    @property
    def needs_ours(self) -> bool:
        """Whether only this project's server supports the load."""
        return self.is_disturbed or self.is_silent or self.is_free

    @property
    def is_pace(self) -> bool:
        """Whether the load measures only a given rate."""
        return self.is_paced and not self.needs_ours and not self.is_crowd

    @property
    def name(self) -> str:
        pace = f"{self.rate:,}/s" if self.rate else f"b={self.batch or 'free'}"
        return (
            f"{self.watchers:,} watchers, {pace}"
            + (", disturbed" if self.is_disturbed else "")
            + (f", {self.aside:,} aside" if self.is_silent else "")
        )

    def part(self, weight: float) -> Load:
        """The same load with a part of its deliveries, for a slow server."""
        return replace(self, frames=max(self.watchers, int(self.frames * weight)))


def all_loads(frames: int, file_limit: int) -> list[Load]:
    """Every load, with that many deliveries per run at one update per write, and no more watchers than open files."""
    crowd, silent = (min(wanted, file_limit - 200) for wanted in (10_000, 18_000))
    return [
        Load(100, frames=frames),
        Load(1000, frames=frames),
        Load(crowd, frames=frames),
        Load(100, batch=32, frames=frames * 8),
        Load(1000, batch=32, frames=frames * 8),
        Load(100, batch=0, frames=frames * 16),
        Load(1000, batch=0, frames=frames * 16),
        Load(100, rate=1000, frames=frames * 2),
        Load(1000, rate=100, frames=frames * 2),
        Load(1000, rate=100, frames=frames * 2, stalled=1, vanished=1),
        Load(crowd, rate=10, frames=crowd * 10, linger=1),
        Load(silent, rate=20, frames=100 * 60, linger=2, aside=silent - 100, operations=2000),
    ]
