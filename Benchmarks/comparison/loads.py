# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""What is asked of a server: how many watchers, how many updates, how fast, and who misbehaves among them."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Load:
    """Watchers, updates in each write (0: as many as the server likes), updates in a second (0: flat out), deliveries.

    Of the watchers, some may stop to read and some may leave without a word, and those `aside` follow other operations,
    of which nothing is reported; the load waits `linger` seconds at its end, without traffic.
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
        """How many updates are ordered at once, the next ones only when all have arrived; 0: all of them.

        Flat out, they fit into the sockets at one in each write, so that a slow client does not make the server put
        more into one; with more in each write, they are half of what the server keeps for those who fall behind.
        """
        return 0 if self.is_paced else min(2048, 128 * (self.batch or 2048))

    @property
    def is_paced(self) -> bool:
        return self.rate > 0

    @property
    def is_free(self) -> bool:
        """Whether the server decides how many updates it puts into a write."""
        return self.batch == 0

    @property
    def is_crowd(self) -> bool:
        """Whether it is about connections: how fast they are made, and what they cost without traffic."""
        return self.linger > 0 and not self.is_silent

    @property
    def is_silent(self) -> bool:
        """Whether it is about the many who watch and hear nothing."""
        return self.aside > 0

    @property
    def is_disturbed(self) -> bool:
        return self.stalled + self.vanished > 0

    @property
    def needs_ours(self) -> bool:
        """Whether only this project's server can bear it."""
        return self.is_disturbed or self.is_silent or self.is_free

    @property
    def is_pace(self) -> bool:
        """Whether it is about nothing but a pace."""
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
        """The same load with a part of its deliveries, for a server that is slow."""
        return replace(self, frames=max(self.watchers, int(self.frames * weight)))


def all_loads(frames: int, file_limit: int) -> list[Load]:
    """Every load, with so many deliveries in a run at one update a write, and no more watchers than open files."""
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
