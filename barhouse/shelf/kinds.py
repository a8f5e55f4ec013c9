"""What lies on the shelf, and the versions that tell whether it still holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

import pyarrow as pa

from barhouse.lake.partitions import Grain, unit_of

#: Values of a bar that are laid out; a question for others goes to the database.
VALUES: Final = ("open", "high", "low", "close", "volume")

_VALUE_FIELDS: Final = [pa.field(name, pa.float64()) for name in VALUES]
_INSTANT: Final = pa.field("time", pa.timestamp("us", tz="UTC"))
_SCHEMAS: Final = {
    "1m": pa.schema([_INSTANT, pa.field("session_date", pa.date32()), *_VALUE_FIELDS]),
    "1d": pa.schema([pa.field("time", pa.date32()), *_VALUE_FIELDS]),
}

#: Of each instrument and period a text that is another after each change of what its bars are made
#: of, the views that make them included. Bars of a session day may lie in the UTC month before or
#: after it, so minutes and what is rolled up from them count for both of two years they lie near.
_VERSIONS: Final = """
with noted as (
    select
        versions.instrument_id,
        versions.relation_name,
        versions.month_start_date as first_date,
        (versions.month_start_date + interval '1 month')::date - 1 as last_date,
        versions.version_id,
        case when $2::text = 'month' or versions.relation_name = 'core.bars_1d' then 0 else 2 end
            as margin
    from ops.bar_versions as versions
    where
        versions.relation_name = any($3::text[])
        and ($1::bigint[] is null or versions.instrument_id = any($1::bigint[]))
),

told as (
    select
        noted.instrument_id,
        periods.period_start_date,
        sum(
            hashtextextended(
                concat_ws(' ', noted.relation_name, noted.first_date, noted.version_id), 0
            )::numeric
        ) as bars
    from noted
    cross join lateral (
        select date_trunc($2::text, noted.first_date - noted.margin)::date
        union
        select date_trunc($2::text, noted.last_date + noted.margin)::date
    ) as periods (period_start_date)
    where
        periods.period_start_date >= date_trunc($2::text, $4::date)::date
        and periods.period_start_date <= $5::date
    group by noted.instrument_id, periods.period_start_date
),

symbols as (
    select instrument_id, sum(hashtextextended(history::text, 0)::numeric) as names
    from core.symbol_history as history
    where $1::bigint[] is null or instrument_id = any($1::bigint[])
    group by instrument_id
),

factors as (
    select instrument_id, sum(hashtextextended(adjusting::text, 0)::numeric) as factors
    from core.adjustment_factors as adjusting
    where $6::boolean and ($1::bigint[] is null or instrument_id = any($1::bigint[]))
    group by instrument_id
),

views as (
    select sum(
        hashtextextended(concat_ws(' ', relation_name, definition_hash), 0)::numeric
    ) as definitions
    from ops.view_states
    where relation_name like any(array['core.%', 'marts.%'])
)

select
    told.instrument_id,
    told.period_start_date,
    md5(
        concat_ws(
            ' ',
            told.bars,
            symbols.names,
            coalesce(factors.factors, 0),
            views.definitions,
            house.warehouse_id
        )
    ) as version
from told
inner join symbols on told.instrument_id = symbols.instrument_id
left join factors on told.instrument_id = factors.instrument_id
cross join views
cross join ops.warehouse_identity as house
order by told.instrument_id, told.period_start_date
"""


@dataclass(frozen=True)
class Kind:
    """Bars of one length, adjusted in one way.

    Attributes:
        name: Of its folder.
        timeframe: ``1m`` or ``1d``.
        adjusted: ``raw``, ``split`` or ``total_return``.
        grain: What a file covers: a month of UTC instants, or a year of session days.
        relations: Whose changes change the bars.
    """

    name: str
    timeframe: str
    adjusted: Literal["raw", "split", "total_return"]
    grain: Grain
    relations: tuple[str, ...]

    def period_of(self, day: date) -> date:
        """Return the first day of the period that a day lies in.

        Args:
            day: Any.
        """
        return day.replace(day=1) if self.grain is Grain.MONTH else day.replace(month=1, day=1)

    @property
    def schema(self) -> pa.Schema:
        """Columns of what is laid out."""
        return _SCHEMAS[self.timeframe]


_DAYS_FROM: Final = ("core.bars_1d", "core.bars_1m", "core.rollup_1d")

#: Everything that is laid out.
KINDS: Final = (
    Kind("1m", "1m", "raw", Grain.MONTH, ("core.bars_1m",)),
    Kind("1d", "1d", "raw", Grain.YEAR, _DAYS_FROM),
    Kind("1d_split", "1d", "split", Grain.YEAR, _DAYS_FROM),
    Kind("1d_total_return", "1d", "total_return", Grain.YEAR, _DAYS_FROM),
)


def versions_statement(
    kind: Kind, instruments: Sequence[int] | None, first: date, last: date
) -> tuple[str, list[object]]:
    """Return the statement that gives versions, and its parameters.

    It gives ``instrument_id``, ``period_start_date`` and ``version``, in this order; nothing of a
    period in which an instrument has no bars.

    Args:
        kind: Which bars.
        instruments: Their ids; none for all.
        first: A day of the first period.
        last: A day of the last one.
    """
    ids = None if instruments is None else list(instruments)
    is_adjusted = kind.adjusted != "raw"
    return _VERSIONS, [ids, unit_of(kind.grain), list(kind.relations), first, last, is_adjusted]
