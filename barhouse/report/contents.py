"""What stands in a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from barhouse.drawing import HeatMap, Picture

Row = dict[str, Any]


@dataclass(frozen=True)
class Listing:
    """Rows of a section, or a sentence instead of them.

    Attributes:
        rows: Those that are shown.
        total: How many there are.
        instead: Why there is none.
    """

    rows: Sequence[Row] = ()
    total: int = 0
    instead: str = ""


@dataclass(frozen=True)
class Chart:
    """Candles of one symbol.

    Attributes:
        symbol: As it was asked for.
        timeframe: Of the bars.
        picture: The candles.
        newest: The newest bars, newest first: time, prices and volume.
    """

    symbol: str
    timeframe: str
    picture: Picture
    newest: Sequence[Row]


@dataclass(frozen=True)
class Completeness:
    """Days of series.

    Attributes:
        series: One row per series: symbol, timeframe, days, complete days, mean, worst day.
        total: How many series there are; the least complete of them are shown.
        picture: The heat map; none without a series.
        instead: Why there is none.
    """

    series: Sequence[Row] = ()
    total: int = 0
    picture: HeatMap | None = None
    instead: str = ""


@dataclass(frozen=True)
class Contents:
    """What stands in a report.

    Attributes:
        made_at: When it was made, UTC.
        database: Which one, without its password.
        days: How many days of each series it shows.
        summary: Counts of instruments and bars, and the newest session day.
        charts: Candles.
        charts_instead: Why there are none.
        completeness: Days of series.
        quarantine: Days held back, open ones first.
        open_count: How many of them are open.
        restatements: Changes of published bars, newest first.
        freshness: How far landed bars reach.
        loads: The newest loads.
        database_bytes: Size of the whole database.
        hypertables: Sizes of hypertables and continuous aggregates, and of their chunks.
        schemas: Sizes of schemas, without what is kept in chunks.
        lake: What the lake holds, by dataset.
        lake_place: Where it lies.
    """

    made_at: datetime
    database: str
    days: int
    summary: Row = field(default_factory=dict)
    charts: Sequence[Chart] = ()
    charts_instead: str = ""
    completeness: Completeness = field(default_factory=Completeness)
    quarantine: Listing = field(default_factory=Listing)
    open_count: int = 0
    restatements: Listing = field(default_factory=Listing)
    freshness: Listing = field(default_factory=Listing)
    loads: Listing = field(default_factory=Listing)
    database_bytes: int = 0
    hypertables: Listing = field(default_factory=Listing)
    schemas: Listing = field(default_factory=Listing)
    lake: Listing = field(default_factory=Listing)
    lake_place: str = ""
