"""Made-up markets that every fake provider can answer from, the same at every call.

Bars follow from symbol and time alone, so a test knows every bar that a window must hold without
asking the server that answers it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zlib import crc32

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class MadeBar:
    """One bar; prices in cents are exact, so every number survives a float."""

    start_at: datetime
    open: float
    high: float
    low: float
    close: float
    volume: int
    vwap: float
    trade_count: int

    @property
    def epoch(self) -> int:
        return int((self.start_at - EPOCH).total_seconds())


def made_bar(symbol: str, start_at: datetime) -> MadeBar:
    """The bar of a symbol that starts at an instant."""
    seed = crc32(f"{symbol} {int((start_at - EPOCH).total_seconds())}".encode())
    base = 10_000 + crc32(symbol.encode()) % 20_000 + seed % 200
    first, last = base + (seed >> 8) % 50, base + (seed >> 14) % 50
    high, low = max(first, last) + (seed >> 20) % 20, min(first, last) - (seed >> 25) % 20
    volume = 100 + seed % 9_900
    return MadeBar(
        start_at,
        first / 100,
        high / 100,
        low / 100,
        last / 100,
        volume,
        round((high + low + last) / 300, 4),
        1 + volume // 100,
    )


def made_bars(
    symbol: str, start_at: datetime, end_at: datetime, step: timedelta
) -> Iterator[MadeBar]:
    """All bars of [start_at, end_at) on the multiples of ``step``, around the clock."""
    seconds = int(step.total_seconds())
    first = -(-int((start_at - EPOCH).total_seconds()) // seconds) * seconds
    moment = EPOCH + timedelta(seconds=first)
    while moment < end_at:
        yield made_bar(symbol, moment)
        moment += step


def us_minutes(symbol: str, start_at: datetime, end_at: datetime, step: timedelta) -> list[MadeBar]:
    """Bars of the US session, 09:30 to 16:00 New York in summer (13:30 to 20:00 UTC), weekdays."""
    return [
        bar
        for bar in made_bars(symbol, start_at, end_at, step)
        if bar.start_at.weekday() < 5
        and timedelta(hours=13, minutes=30)
        <= bar.start_at - bar.start_at.replace(hour=0, minute=0)
        < timedelta(hours=20)
    ]
