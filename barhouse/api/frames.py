"""From Arrow tables to what users work with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from barhouse.api.choices import Frame
from barhouse.errors import BarhouseError

if TYPE_CHECKING:
    import pandas as pd

#: What prices and volumes are stored as.
DECIMAL = pa.decimal128(38, 18)
#: From 1950 to 2099, days since 1970: of these midnights are looked up.
_USUAL_DAYS = (-7305, 47482)
#: Of so many the index is known when it is asked for again.
_FEW_DAYS = 4096


def named_rows(table: pa.Table, ids: Sequence[int], symbols: Sequence[str]) -> pa.Table:
    """Return rows with the symbol that was asked for in the place of the instrument.

    Args:
        table: With ``instrument_id``.
        ids: Instruments, in the order of the answer.
        symbols: What each was asked by.
    """
    if len(ids) == 1:
        places = pa.chunked_array([np.zeros(table.num_rows, np.int32)])
    else:
        places = pc.index_in(table["instrument_id"], value_set=pa.array(ids, pa.int64()))
    names = pa.array(list(symbols), pa.string())
    chunks = [pa.DictionaryArray.from_arrays(chunk, names) for chunk in places.chunks]
    kind = pa.dictionary(pa.int32(), pa.string())
    column = pa.chunked_array(chunks, type=kind)
    place = table.schema.get_field_index("instrument_id")
    return table.set_column(place, "symbol", column)


def exact(table: pa.Table) -> pa.Table:
    """Return a table whose numerics are decimals of 38 digits, 18 of them decimals.

    A numeric that does not fit stays the text it arrived as.

    Args:
        table: As the driver gives it, with numerics as text.
    """
    return _numerics(table, _decimals)


def floating(table: pa.Table) -> pa.Table:
    """Return a table whose numerics are doubles, each the nearest one.

    Args:
        table: As the driver gives it, with numerics as text.
    """
    return _numerics(table, lambda texts: pc.cast(texts, pa.float64()))


def in_zone(table: pa.Table, zone: ZoneInfo) -> pa.Table:
    """Return a table whose ``time``, where it is an instant, is shown in a zone.

    Args:
        table: With ``time``.
        zone: Such as that of the exchange.
    """
    kind = table.schema.field("time").type
    if not pa.types.is_timestamp(kind):
        return table
    shown = table["time"].cast(pa.timestamp(kind.unit, tz=zone.key))
    return table.set_column(table.schema.get_field_index("time"), "time", shown)


def as_frame(table: pa.Table, shown: Sequence[str], frame: Frame, zone: ZoneInfo) -> Any:
    """Return bars in the form that was asked for.

    Args:
        table: With ``time``, perhaps ``symbol``, and doubles.
        shown: Its columns that the answer has.
        frame: ``pandas``, ``polars`` or ``arrow``.
        zone: Of the times.

    Raises:
        BarhouseError: Polars is not installed.
    """
    if frame == "pandas":
        return bars_to_pandas(table, [name for name in shown if name != "time"], zone)
    found = in_zone(table.select(shown), zone)
    return found if frame == "arrow" else to_polars(found)


def frame_of(
    times: Sequence[np.ndarray], columns: Mapping[str, Sequence[np.ndarray]], zone: ZoneInfo
) -> pd.DataFrame:
    """Return bars as a data frame with a time index in a zone.

    Args:
        times: In parts: days (32 bits) or microseconds (64 bits) since 1970.
        columns: Doubles of the same parts; they are copied.
        zone: Of the index; a date is its midnight there.
    """
    index = _index_of(times, zone)
    block = np.empty((len(columns), len(index)))
    for row, parts in zip(block, columns.values(), strict=True):
        put(parts, row)
    return _framed(block, index, columns)


def put(parts: Iterable[pa.Array | np.ndarray], row: np.ndarray) -> None:
    """Write the parts of a column into a row.

    Args:
        parts: Numbers; a missing one becomes NaN.
        row: As long as all parts.
    """
    at = 0
    for part in parts:
        values = part.to_numpy(zero_copy_only=False) if isinstance(part, pa.Array) else part
        row[at : at + len(values)] = values
        at += len(values)


def frame_of_block(
    table: pa.Table, block: np.ndarray, names: Sequence[str], zone: ZoneInfo
) -> pd.DataFrame:
    """Return columns as a data frame with the time index of bars.

    Args:
        table: With ``time``.
        block: Doubles, a row for each column; it becomes the frame's own.
        names: Of the columns.
        zone: Of the index.
    """
    return _framed(block, _index_of(_times_of(table), zone), names)


def _framed(block: np.ndarray, index: pd.DatetimeIndex, names: Iterable[str]) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(block.T, index=index, columns=_labels(tuple(names)), copy=False)


def bars_to_pandas(table: pa.Table, names: Sequence[str], zone: ZoneInfo) -> pd.DataFrame:
    """Return bars as a data frame with a time index in a zone.

    Args:
        table: With ``time``, perhaps ``symbol``, and doubles.
        names: Columns of the frame.
        zone: Of the index; a date is its midnight there.
    """
    import pandas as pd

    if all(table.schema.field(name).type == pa.float64() for name in names):
        columns = {
            name: [chunk.to_numpy(zero_copy_only=False) for chunk in table[name].chunks]
            for name in names
        }
        return frame_of(_times_of(table), columns, zone)
    index = _index_of(_times_of(table), zone)
    # A copy: what the user changes must not change what is kept.
    return pd.DataFrame({name: _values(table[name]) for name in names}, index=index, copy=True)


def widened(bars: pd.DataFrame, symbols: list[str]) -> pd.DataFrame:
    """Return bars with a row per time and columns ``(name, symbol)``.

    Args:
        bars: With ``symbol``.
        symbols: In the order of the columns.
    """
    import pandas as pd

    names = [name for name in bars.columns if name != "symbol"]
    wide = bars.set_index("symbol", append=True).unstack("symbol")
    wanted = pd.MultiIndex.from_product([names, symbols], names=[None, "symbol"])
    return pd.DataFrame(wide).reindex(columns=wanted)


def to_pandas(table: pa.Table) -> pd.DataFrame:
    """Return any table as a data frame; numerics become doubles.

    Args:
        table: As the driver gives it.
    """
    found: pd.DataFrame = floating(table).to_pandas()
    return found


def to_polars(table: pa.Table) -> Any:
    """Return a table as a frame of polars.

    Args:
        table: Without numerics as text.

    Raises:
        BarhouseError: Polars is not installed.
    """
    try:
        import polars
    except ImportError as error:
        raise BarhouseError(
            "polars is not installed; install it (pip install polars), or ask for pandas or arrow."
        ) from error
    return polars.from_arrow(table)


def _times_of(table: pa.Table) -> list[np.ndarray]:
    # Days (32 bits) or microseconds (64 bits) since 1970.
    times = table["time"]
    kind = pa.int32() if pa.types.is_date(times.type) else pa.int64()
    return [chunk.view(kind).to_numpy() for chunk in times.chunks]


def _index_of(times: Sequence[np.ndarray], zone: ZoneInfo) -> pd.DatetimeIndex:
    if times and times[0].dtype == np.int32:
        return _index_of_days(times[0] if len(times) == 1 else np.concatenate(times), zone)
    # A copy, which the index keeps.
    return _index(np.concatenate(times) if times else np.empty(0, np.int64), zone)


def _index(instants: np.ndarray, zone: ZoneInfo) -> pd.DatetimeIndex:
    import pandas as pd

    kind = pd.DatetimeTZDtype("us", zone)
    return pd.DatetimeIndex(instants, dtype=kind, name="time", copy=False)


def _index_of_days(days: np.ndarray, zone: ZoneInfo) -> pd.DatetimeIndex:
    if len(days) > _FEW_DAYS:
        return _index(_midnights(days, zone), zone)
    # Most symbols have bars on the same days; a view, since a name may be given to it.
    return _known_index(days.tobytes(), zone).view()


@lru_cache(maxsize=256)
def _known_index(days: bytes, zone: ZoneInfo) -> pd.DatetimeIndex:
    return _index(_midnights(np.frombuffer(days, np.int32), zone), zone)


def _midnights(days: np.ndarray, zone: ZoneInfo) -> np.ndarray:
    # Days and microseconds since 1970.
    if not len(days) or (days.min() >= _USUAL_DAYS[0] and days.max() < _USUAL_DAYS[1]):
        found: np.ndarray = _usual_midnights(zone)[days - _USUAL_DAYS[0]]
        return found
    return _localized(days, zone)


@lru_cache(maxsize=16)
def _usual_midnights(zone: ZoneInfo) -> np.ndarray:
    return _localized(np.arange(*_USUAL_DAYS), zone)


def _localized(days: np.ndarray, zone: ZoneInfo) -> np.ndarray:
    import pandas as pd

    dates = pd.DatetimeIndex(days.astype("datetime64[D]").astype("datetime64[us]"))
    # Where clocks go forward at midnight, a day begins an hour later.
    midnights = np.ones(len(dates), dtype=bool)
    index = dates.tz_localize(zone, ambiguous=midnights, nonexistent="shift_forward")
    return index.tz_convert("UTC").tz_localize(None).to_numpy().astype(np.int64)


@lru_cache(maxsize=64)
def _labels(names: tuple[str, ...]) -> pd.Index:
    import pandas as pd

    return pd.Index(names)


def _values(column: pa.ChunkedArray) -> Any:
    if pa.types.is_dictionary(column.type):
        return column.to_pandas().array
    if pa.types.is_integer(column.type):
        column = column.cast(pa.float64())
    return column.to_numpy()


def _numerics(table: pa.Table, converted: Any) -> pa.Table:
    for place, field in enumerate(table.schema):
        if isinstance(field.type, pa.OpaqueType) and field.type.type_name == "numeric":
            texts = pa.chunked_array(
                [chunk.storage for chunk in table[field.name].chunks], type=pa.string()
            )
            table = table.set_column(place, field.name, converted(texts))
    return table


def _decimals(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    try:
        return texts.cast(DECIMAL)
    except pa.ArrowInvalid:
        return texts
