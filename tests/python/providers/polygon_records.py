"""What a made-up Polygon has on record, as the REST API writes it: the same at every call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from market_kit import MadeBar, made_bar, made_bars

NEW_YORK = ZoneInfo("America/New_York")
FIAT = ("USD", "EUR", "GBP", "JPY", "CHF", "AUD", "CAD", "NZD")


def aggregate_of(bar: MadeBar, *, is_crypto: bool = False, factor: int = 1) -> dict[str, Any]:
    """A made-up bar as Polygon writes it, restated for a split of ``factor``:1."""
    return {
        "v": bar.volume / 1e8 if is_crypto else float(bar.volume * factor),
        "vw": bar.vwap / factor,
        "o": bar.open / factor,
        "c": bar.close / factor,
        "h": bar.high / factor,
        "l": bar.low / factor,
        "t": bar.epoch * 1000,
        "n": bar.trade_count,
    }


def ticker_of(ticker: str, **changes: Any) -> dict[str, Any]:
    """A row of the ticker list; what is asked for by name is there."""
    row: dict[str, Any] = {
        "ticker": ticker,
        "name": f"{ticker} Inc.",
        "active": True,
        "last_updated_utc": "2024-06-12T00:00:00Z",
    }
    if ticker.startswith(("X:", "C:")):
        base, quote = ticker[2:-3], ticker[-3:]
        row |= {
            "market": "crypto" if ticker.startswith("X:") else "fx",
            "locale": "global",
            "name": f"{base} - {quote}",
            "currency_symbol": quote,
            "currency_name": {"USD": "United States Dollar"}.get(quote, quote),
            "base_currency_symbol": base,
            "base_currency_name": base,
        }
    else:
        row |= {
            "market": "stocks",
            "locale": "us",
            "primary_exchange": "XNAS",
            "type": "CS",
            "currency_name": "usd",
            "composite_figi": "BBG000B9XRY4",
        }
    return row | changes


LISTED = (
    ticker_of("AAPL", name="Apple Inc."),
    ticker_of("BRK.B", primary_exchange="XNYS"),
    ticker_of("NVDA"),
    ticker_of("QQQ", type="ETF"),
    ticker_of("SPY", type="ETF", primary_exchange="ARCX"),
    ticker_of("VXX", type="ETN", primary_exchange="BATS"),
    ticker_of("C:EURUSD"),
    ticker_of("X:BTCUSD"),
    ticker_of("X:ETHBTC"),
    ticker_of("GONE", active=False, delisted_utc="2016-05-02T00:00:00Z", name="Gone Before"),
    ticker_of("GONE", active=False, delisted_utc="2023-05-02T00:00:00Z", name="Gone Inc."),
)


def is_possible(ticker: str) -> bool:
    """Whether a ticker may exist at all: a coin in money or in coins, money in money, any stock."""
    kind, _, pair = ticker.rpartition(":")
    base, quote = pair[:-3], pair[-3:]
    if kind == "X":
        return bool(base) and base not in FIAT and quote in (*FIAT, "BTC", "ETH")
    return kind == "" or (kind == "C" and base in FIAT and quote in FIAT)


def made_splits(ticker: str) -> list[dict[str, Any]]:
    """The splits of any stock: ten for one, and one for three."""
    told = (("2024-06-10", 1, 10), ("2022-03-01", 3, 1))
    return [
        {
            "id": f"E-split-{ticker}-{day}",
            "execution_date": day,
            "split_from": old,
            "split_to": new,
            "ticker": ticker,
        }
        for day, old, new in told
    ]


def made_dividends(ticker: str) -> list[dict[str, Any]]:
    """The dividends of any stock: every quarter of 2015 to 2030, newest first."""
    days = [date(year, month, 11) for year in range(2015, 2031) for month in (3, 6, 9, 12)]
    return [
        {
            "id": f"E-dividend-{ticker}-{day}",
            "cash_amount": 0.24,
            "currency": "USD",
            "declaration_date": str(day - timedelta(days=20)),
            "dividend_type": "CD",
            "ex_dividend_date": str(day),
            "frequency": 4,
            "pay_date": str(day + timedelta(days=17)),
            "record_date": str(day),
            "ticker": ticker,
        }
        for day in reversed(days)
    ]


def market_bars(
    ticker: str, step: timedelta, start_at: datetime, end_at: datetime
) -> Iterator[MadeBar]:
    """The bars of [start_at, end_at) in the hours that the ticker's market trades."""
    if ticker.startswith("X:"):
        yield from made_bars(ticker, start_at, end_at, step)
    elif ticker.startswith("C:"):
        for bar in made_bars(ticker, start_at, end_at, step):
            local = bar.start_at.astimezone(NEW_YORK) + timedelta(hours=7)
            # A day of currencies is one of UTC, and Sunday has its evening.
            if local.weekday() < 5 or (step.days and local.weekday() == 6):
                yield bar
    else:
        day = start_at.astimezone(NEW_YORK).date()
        while (midnight := _at(day, 0)) < end_at:
            if day.weekday() < 5 and step.days:
                if midnight >= start_at:
                    yield made_bar(ticker, midnight)
            elif day.weekday() < 5:
                first, last = max(start_at, _at(day, 4)), min(end_at, _at(day, 20))
                yield from made_bars(ticker, first, last, step)
            day += timedelta(days=1)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), NEW_YORK).astimezone(UTC)
