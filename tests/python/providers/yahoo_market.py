"""What a made-up Yahoo trades: instruments by their spelling, and their bars."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from market_kit import MadeBar, made_bar

STEPS = {
    "1m": timedelta(minutes=1),
    "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
}


def single(value: float) -> float:
    """A price as Yahoo has it: what 32 bits make of it."""
    return struct.unpack("f", struct.pack("f", value))[0]


@dataclass(frozen=True)
class Instrument:
    """What a symbol's spelling says of it."""

    kind: str
    exchange: str
    currency: str
    zone: str
    open_at: time = time(9, 30)
    close_at: time = time(16)
    week: int = 5

    def sessions(self, first: date, last: date) -> Iterator[tuple[date, datetime, datetime]]:
        """Date, open and close of the sessions of some days; [open, close)."""
        for number in range((last - first).days + 1):
            day = first + timedelta(days=number)
            if day.weekday() < self.week:
                closes_on = day if self.close_at > self.open_at else day + timedelta(days=1)
                yield day, self.moment(day, self.open_at), self.moment(closes_on, self.close_at)

    def moment(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, ZoneInfo(self.zone)).astimezone(UTC)


def instrument(symbol: str) -> Instrument:
    """What Yahoo has under a symbol."""
    found = Instrument("EQUITY", "NMS", "USD", "America/New_York")
    if symbol.startswith("^"):
        found = Instrument("INDEX", "SNP", "USD", "America/New_York")
    elif symbol.endswith("=X"):
        found = Instrument("CURRENCY", "CCY", symbol[-5:-2], "Europe/London", time(), time())
    elif pair := re.fullmatch(r".+-(USD|EUR|GBP)", symbol):
        found = Instrument("CRYPTOCURRENCY", "CCC", pair[1], "UTC", time(), time(), week=7)
    elif symbol.endswith(".L"):
        found = Instrument("EQUITY", "LSE", "GBp", "Europe/London", time(8), time(16, 30))
    elif symbol.endswith(".AX"):
        found = Instrument("EQUITY", "ASX", "AUD", "Australia/Sydney", time(10), time(16))
    elif symbol in ("SPY", "QQQ"):
        found = Instrument("ETF", "PCX", "USD", "America/New_York")
    return found


def our_symbol(symbol: str) -> str:
    """The symbol that market_kit makes a Yahoo symbol's bars from: the one of other providers."""
    kind = instrument(symbol).kind
    if kind == "CURRENCY":
        return f"{symbol[:3]}/{symbol[3:6]}"
    return symbol.replace("-", "/" if kind == "CRYPTOCURRENCY" else ".")


def adjusted_close(bar: MadeBar) -> float:
    """What Yahoo makes of a close after all dividends: half a unit less, here."""
    return round(bar.close - 0.5, 2)


def daily_bar(symbol: str, day: date) -> MadeBar:
    """The daily bar of a date."""
    return made_bar(our_symbol(symbol), datetime.combine(day, time(), UTC))


def session_bars(
    symbol: str,
    what: Instrument,
    interval: str,
    sessions: list[tuple[date, datetime, datetime]],
    extended: bool,
) -> Iterator[tuple[datetime, MadeBar]]:
    """Starts and bars of some sessions; ``extended`` ones begin at 04:00 and end at 20:00."""
    for day, open_at, close_at in sessions:
        if interval == "1d":
            yield open_at, daily_bar(symbol, day)
            continue
        spans = [(open_at, close_at)]
        if extended and what.zone == "America/New_York":
            spans = [
                (what.moment(day, time(4)), open_at),
                (open_at, close_at),
                (close_at, what.moment(day, time(20))),
            ]
        for first, until in spans:
            for number in range(ceil((until - first) / STEPS[interval])):
                moment = first + number * STEPS[interval]
                yield moment, made_bar(our_symbol(symbol), moment)
