"""The datasets of the lake: which mart, cut how, on which price basis."""

from __future__ import annotations

from dataclasses import dataclass

from barhouse.lake.partitions import Grain


@dataclass(frozen=True)
class Dataset:
    """One mart that is exported.

    Attributes:
        name: The folder below the lake.
        relation: What SQL reads it from: a qualified name, or a select in parentheses.
        grain: What one partition covers.
        time_column: What it is cut and sorted by: ``bar_start_at`` or ``session_date``.
        basis: ``raw`` as traded, ``split_adjusted``, or ``adjusted`` (splits and dividends).
    """

    name: str
    relation: str
    grain: Grain
    time_column: str
    basis: str


def _intraday(timeframe: str, grain: Grain) -> Dataset:
    name = f"bars_{timeframe}"
    return Dataset(name, f"marts.{name}", grain, "bar_start_at", "raw")


# A year per daily file: daily rows are few (about 250 a year and symbol), so that months would make
# hundreds of tiny files; and a new dividend restates all history of its symbol anyway.
def _daily(name: str, basis: str) -> Dataset:
    return Dataset(name, f"marts.{name}", Grain.YEAR, "session_date", basis)


DATASETS: tuple[Dataset, ...] = (
    _intraday("1m", Grain.DAY),
    _intraday("5m", Grain.MONTH),
    _intraday("15m", Grain.MONTH),
    _intraday("30m", Grain.MONTH),
    _intraday("1h", Grain.MONTH),
    _intraday("4h", Grain.MONTH),
    _daily("bars_1d", "raw"),
    _daily("bars_1d_split_adjusted", "split_adjusted"),
    _daily("bars_1d_adjusted", "adjusted"),
)
