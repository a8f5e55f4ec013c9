"""The datasets of the lake: what is exported, cut how, on which price basis, and restored to where.

Most are marts, for readers. Three are the bars of core with all their columns, from which the marts
can be made again: ``bars_1m``, which has those of the mart among them, and the bars that providers
reported for longer spans, ``reported_intraday`` and ``reported_1d``. And ``landed_bars`` is what
providers reported, load by load: from it the whole warehouse can be built again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from barhouse.lake.partitions import Grain

#: Columns that partitions of earlier versions have beside those of their table. What they said
#: follows from the others: notional is vwap times volume.
RETIRED: Final = frozenset({"notional"})


@dataclass(frozen=True)
class Dataset:
    """One thing that is exported.

    Attributes:
        name: The folder below the lake.
        relation: What SQL reads it from: a qualified name, or a select in parentheses.
        grain: What one partition covers.
        time_column: What it is cut by: ``bar_start_at`` or ``session_date``.
        basis: ``raw`` as traded, ``split_adjusted``, or ``adjusted`` (splits and dividends).
        sorted_by: Columns in whose order the rows lie, after the symbol.
        table: The table that a partition is restored to; none for what is built from others.
        symbol_column: By what a reader skips row groups.
    """

    name: str
    relation: str
    grain: Grain
    time_column: str
    basis: str
    sorted_by: tuple[str, ...] = ()
    table: str | None = None
    symbol_column: str = "symbol"

    @property
    def order(self) -> tuple[str, ...]:
        """Columns in whose order the rows lie, after the symbol."""
        return self.sorted_by or (self.time_column,)


def _core(name: str, hypertable: str, grain: Grain, time: str, *before_time: str) -> Dataset:
    # The symbol of the day, as in the marts (macro has_symbol): readers ask by it.
    relation = (
        f"(select history.symbol, bars.* from {hypertable} as bars"
        " inner join core.symbol_history as history"
        " on bars.instrument_id = history.instrument_id"
        " and bars.session_date >= history.valid_from_date"
        " and bars.session_date < history.valid_to_date)"
    )
    return Dataset(name, relation, grain, time, "raw", (*before_time, time), hypertable)


def _intraday(timeframe: str) -> Dataset:
    name = f"bars_{timeframe}"
    return Dataset(name, f"marts.{name}", Grain.MONTH, "bar_start_at", "raw")


# A year per daily file: daily rows are few (about 250 a year and symbol), so that months would make
# hundreds of tiny files; and a new dividend restates all history of its symbol anyway.
def _daily(name: str, basis: str) -> Dataset:
    return Dataset(name, f"marts.{name}", Grain.YEAR, "session_date", basis)


#: Loads as they landed. They never change, so a partition is written once and never again.
LANDED = Dataset(
    "landed_bars",
    "staging.raw_bars",
    Grain.LOAD,
    "bar_start_at",
    "as reported",
    ("provider", "timeframe", "bar_start_at", "request_id", "source_row"),
    "staging.raw_bars",
    "provider_symbol",
)

#: What is exported from one state of the marts.
DATASETS: tuple[Dataset, ...] = (
    _core("bars_1m", "core.bars_1m", Grain.DAY, "bar_start_at"),
    _intraday("5m"),
    _intraday("15m"),
    _intraday("30m"),
    _intraday("1h"),
    _intraday("4h"),
    _daily("bars_1d", "raw"),
    _daily("bars_1d_split_adjusted", "split_adjusted"),
    _daily("bars_1d_adjusted", "adjusted"),
    _core("reported_intraday", "core.bars_intraday", Grain.MONTH, "bar_start_at", "timeframe"),
    _core("reported_1d", "core.bars_1d", Grain.YEAR, "session_date"),
)


def dataset_named(name: str) -> Dataset | None:
    """Return a dataset by its name, if there is one."""
    return next((dataset for dataset in (*DATASETS, LANDED) if dataset.name == name), None)
