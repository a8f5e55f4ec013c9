"""What the tests of the sample share: known figures, and how its batches are read."""

from __future__ import annotations

import gzip
from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from extract.landing import Batch
from extract.providers import ExtractRequest
from extract.sources._sample.fetch import IndexDownload, read_members, verified_archive
from extract.sources._sample.packages import BOKEH, Package
from extract.sources.sample import PROVIDER, SampleProvider

RUN_AT = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
Bars = dict[tuple[str, str], list[dict[str, Any]]]

COUNTS = {
    ("AAPL", "1d"): 3270,
    ("MSFT", "1d"): 3270,
    ("IBM", "1d"): 3270,
    ("GOOG", "1d"): 2148,
    ("FB", "1d"): 196,
    ("AAPL", "1m"): 2382,
    ("AAPL", "1h"): 3479,
    ("ETH/BTC", "1m"): 14397,
    ("ETH/BTC", "5m"): 5760,
    ("LTC/BTC", "1m"): 14360,
    ("LTC/BTC", "5m"): 5760,
    ("ADA/BTC", "1m"): 14383,
    ("ADA/BTC", "5m"): 5720,
    ("XMR/BTC", "1m"): 12519,
    ("XMR/BTC", "5m"): 5758,
    ("EUR/USD", "1h"): 6225,
}
MSFT_DIVIDENDS = """
2003-02-19 0.08, 2003-10-15 0.16, 2004-08-23 0.08, 2004-11-15 3.08, 2005-02-15 0.08,
2005-05-16 0.08, 2005-08-15 0.08, 2005-11-15 0.08, 2006-02-15 0.09, 2006-05-15 0.09,
2006-08-15 0.09, 2006-11-14 0.10, 2007-02-13 0.10, 2007-05-15 0.10, 2007-08-14 0.10,
2007-11-13 0.11, 2008-02-19 0.11, 2008-05-13 0.11, 2008-08-19 0.11, 2008-11-18 0.13,
2009-02-17 0.13, 2009-05-19 0.13, 2009-08-18 0.13, 2009-11-17 0.13, 2010-02-16 0.13,
2010-05-18 0.13, 2010-08-17 0.13, 2010-11-16 0.16, 2011-02-15 0.16, 2011-05-17 0.16,
2011-08-16 0.16, 2011-11-15 0.20, 2012-02-14 0.20, 2012-05-15 0.20, 2012-08-14 0.20,
2012-11-13 0.23, 2013-02-19 0.23
"""
IBM_DIVIDENDS = """
2000-05-08 0.13, 2000-08-08 0.13, 2000-11-08 0.13, 2001-02-07 0.13, 2001-05-08 0.14,
2001-08-08 0.14, 2001-11-07 0.14, 2002-02-06 0.14, 2002-05-08 0.15, 2002-08-07 0.15,
2002-11-06 0.15, 2003-02-06 0.15, 2003-05-07 0.16, 2003-08-06 0.16, 2003-11-06 0.16,
2004-02-06 0.16, 2004-05-06 0.18, 2004-08-06 0.18, 2004-11-08 0.18, 2005-02-08 0.18,
2005-05-06 0.20, 2005-08-08 0.20, 2005-11-08 0.20, 2006-02-08 0.20, 2006-05-08 0.30,
2006-08-08 0.30, 2006-11-08 0.30, 2007-02-07 0.30, 2007-05-08 0.40, 2007-08-08 0.40,
2007-11-07 0.40, 2008-02-06 0.40, 2008-05-07 0.50, 2008-08-06 0.50, 2008-11-06 0.50,
2009-02-06 0.50, 2009-05-06 0.55, 2009-08-06 0.55, 2009-11-06 0.55, 2010-02-08 0.55,
2010-05-06 0.65, 2010-08-06 0.65, 2010-11-08 0.65, 2011-02-08 0.65, 2011-05-06 0.75,
2011-08-08 0.75, 2011-11-08 0.75, 2012-02-08 0.75, 2012-05-08 0.85, 2012-08-08 0.85,
2012-11-07 0.85, 2013-02-06 0.85
"""
AAPL_DIVIDENDS = "2012-08-09 2.65, 2012-11-07 2.65, 2013-02-07 2.65"


def listed(text: str) -> list[tuple[date, Decimal]]:
    pairs = [pair.split() for pair in text.replace("\n", " ").split(",")]
    return [(date.fromisoformat(day), Decimal(amount)) for day, amount in pairs]


def refuse(package: Package, folder: Path) -> Path:
    raise AssertionError(f"{package.filename} must not be downloaded into {folder}")


def run(
    cache: Path, landed: Collection[str] = (), provider: SampleProvider = PROVIDER
) -> list[Batch]:
    return list(provider.batches(ExtractRequest(RUN_AT, landed.__contains__, cache)))


def records(batches: list[Batch], table: str) -> list[dict[str, Any]]:
    return [row for batch in batches if batch.table == table for row in batch.rows.to_pylist()]


def constants(rows: list[dict[str, Any]], *columns: str) -> tuple[Any, ...]:
    """The one value of each column; fails when a column has more than one."""
    values = [{row[column] for row in rows} for column in columns]
    assert [len(seen) for seen in values] == [1] * len(columns), values
    return tuple(seen.pop() for seen in values)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def stock_file(cache: Path) -> bytes:
    member = "bokeh_sampledata/_data/stocks.csv.gz"
    payload = verified_archive(BOKEH, cache / "sample", IndexDownload())
    return gzip.decompress(read_members(payload, BOKEH.filename, [member])[member])


def ohlcv(row: dict[str, Any]) -> tuple[Decimal, ...]:
    return tuple(row[name] for name in ("open", "high", "low", "close", "volume"))


def aggregate(rows: list[dict[str, Any]]) -> tuple[Decimal, ...]:
    return (
        rows[0]["open"],
        max(row["high"] for row in rows),
        min(row["low"] for row in rows),
        rows[-1]["close"],
        sum((row["volume"] for row in rows), Decimal(0)),
    )
