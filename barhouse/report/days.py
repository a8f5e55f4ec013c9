"""Days of series as a heat map, and summed up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Final

from barhouse.drawing import Cell, heat_map
from barhouse.report.contents import Completeness, Listing, Row

#: A picture of more rows than these is no picture.
MOST_SERIES: Final = 60
_FIRST_DAY: Final = date(1, 1, 1)
_OTHERS: Final = ("no_trades", "not_requested", "rate_limited", "failed", "quarantined")


def since_of(series: Mapping[str, Any], days: int) -> date:
    """Return from when days are looked at.

    Of few series the newest days of each are shown, however old they are; of many those of the
    series that are up to date, so that not every day that ever was is looked at.

    Args:
        series: How many there are, and the newest days of the oldest and of the newest one.
        days: How many session days are shown.
    """
    is_few = series["series_count"] <= MOST_SERIES
    end = series["oldest_end"] if is_few else series["newest_end"]
    if end is None:
        return _FIRST_DAY
    return end - timedelta(days=days * 7 // 5 + 14)  # type: ignore[no-any-return]


def completeness_of(days: Listing) -> Completeness:
    """Return the heat map of days and what they come to.

    Args:
        days: Rows of ``quality.completeness``, by symbol, timeframe and day.
    """
    if days.instead:
        return Completeness(instead=days.instead)
    found = [_summed(list(rows)) for _, rows in groupby(_sorted(days.rows), key=_series)]
    least = sorted(found, key=lambda one: one["mean_ratio"])[:MOST_SERIES]
    shown = sorted(least, key=lambda one: (one["symbol"], one["timeframe"]))
    names = Counter(_name(one) for one in shown)
    cells = {
        # Instruments of several asset classes may share a symbol.
        _name(one) if names[_name(one)] == 1 else f"{_name(one)} #{one['instrument_id']}": {
            row["session_date"]: _cell(row) for row in one["rows"]
        }
        for one in shown
    }
    title = f"Completeness of {len(shown)} series by session day; the table below sums it up."
    return Completeness(shown, len(found), heat_map(title, cells))


def _name(series: Row) -> str:
    return f"{series['symbol']} {series['timeframe']}"


def _series(row: Row) -> tuple[int, str]:
    return row["instrument_id"], row["timeframe"]


def _sorted(rows: Sequence[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: (*_series(row), row["session_date"]))


def _summed(rows: list[Row]) -> Row:
    ratios = [row["completeness_ratio"] for row in rows]
    worst = min(rows, key=lambda row: (row["completeness_ratio"], -row["session_date"].toordinal()))
    return {
        # Under its newest name: an instrument may have had others.
        "symbol": rows[-1]["symbol"],
        "timeframe": rows[-1]["timeframe"],
        "instrument_id": rows[-1]["instrument_id"],
        "first_date": rows[0]["session_date"],
        "last_date": rows[-1]["session_date"],
        "day_count": len(rows),
        "complete_count": sum(ratio >= 1 for ratio in ratios),
        "mean_ratio": sum(ratios) / len(ratios),
        "worst_date": worst["session_date"],
        "worst_ratio": worst["completeness_ratio"],
        "held_count": sum(row["quarantined_count"] > 0 for row in rows),
        "rows": rows,
    }


def _cell(row: Row) -> Cell:
    others = ", ".join(
        f"{row[f'{name}_count']} {name.replace('_', ' ')}"
        for name in _OTHERS
        if row[f"{name}_count"]
    )
    share = row["completeness_ratio"]
    told = (
        f"{row['symbol']} {row['timeframe']} {row['session_date']}: {percent(share)}, "
        f"{row['present_count']} of {row['expected_count']} bars"
    )
    return Cell(share, f"{told}; {others}" if others else told, row["quarantined_count"] > 0)


def percent(share: float) -> str:
    """Return a share as people read it; 100 % is said of a whole one alone.

    Args:
        share: A fraction.
    """
    return "100 %" if share >= 1 else f"{min(share * 100, 99.9):.1f} %"
