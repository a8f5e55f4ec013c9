"""Two mornings of minute bars of one symbol, and what the marts must make of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from house_kit import House

DAYS = ("2024-01-02", "2024-01-16")
WIDTHS = {"5m": "5 min", "15m": "15 min", "30m": "30 min", "1h": "1 hour", "4h": "4 hours"}
FILES_YAML = """\
version: 1
files:
  - {path: ko.csv, symbol: column, timeframe: 1m, timezone: America/New_York, label: start,
     time_format: iso, basis: raw, asset_class: equity, exchange: XNYS, currency: USD,
     volume_unit: shares, session_scope: regular, columns: {time: time, symbol: symbol,
     open: open, high: high, low: low, close: close, volume: volume}}
"""
COMPRESS = "select count(compress_chunk(chunk)) from show_chunks('core.bars_1m') as chunk"


def minutes(symbol: str = "KO", start: int = 59, **closes: str) -> str:
    """Return two mornings of minute bars; `m0944="1.23"` gives the close of 09:44 of the first.

    `start` is the price of the first.
    """
    lines = ["time,symbol,open,high,low,close,volume"]
    for day in DAYS:
        for number in range(120):
            time = datetime.fromisoformat(f"{day} 09:30:00") + timedelta(minutes=number)
            price = start + number / 100
            close = f"{price + 0.02:.2f}"
            if day == DAYS[0]:
                close = closes.get(f"m{time:%H%M}", close)
            lines.append(
                f"{time},{symbol},{price:.2f},{price + 0.05:.2f},{price - 0.05:.2f},{close},"
                f"{100 + number}"
            )
    return "\n".join(lines) + "\n"


def assert_marts_are_right(house: House) -> None:
    """Compare the marts with what the minutes give without TimescaleDB."""
    assert house.query("select count(*) from core.bars_1m")[0][0] > 200
    for timeframe, width in WIDTHS.items():
        rolled_up = house.query(
            "select bar_start_at, open, high, low, close, volume, minute_count"
            f" from marts.bars_{timeframe} order by 1"
        )
        assert rolled_up == house.query(
            # both mornings open at 14:30 UTC
            f"select date_bin('{width}', bar_start_at, '2024-01-02 14:30+00') as start,"
            " (array_agg(open order by bar_start_at))[1], max(high), min(low),"
            " (array_agg(close order by bar_start_at desc))[1], sum(volume), count(*)"
            " from core.bars_1m group by 1 order by 1"
        ), timeframe
