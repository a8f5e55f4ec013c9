"""The SQL of what only the lake holds, and of what it holds too; every value is bound."""

from __future__ import annotations

from typing import Final

from barhouse.lake.rows import versions_of

#: Partitions of a table that retention dropped, as far as the instruments have bars in them: those
#: of a day as its profile says, or a day whose profile is not made yet. And a hash that is another
#: after each change of bars of the instruments, a restore among them.
SEAL: Final = """
select
    null::date as range_start_date,
    sum(hashtextextended(concat_ws(' ', instrument_id, version_id), 0)::numeric)::text as version
from ops.bar_versions
where
    relation_name = $1::text
    and instrument_id = any($2::bigint[])
    and month_start_date >= date_trunc('month', $6::date - 2)::date
    and month_start_date <= $7::date + 2
union all
select (archived.range_start_at at time zone 'UTC')::date as range_start_date, null as version
from ops.archived_ranges as archived
where
    archived.relation_name = $1::text
    and archived.range_start_at <= $5::timestamptz
    and archived.range_end_at > $4::timestamptz
    and (
        exists (
            select from core.day_profiles as profiles
            where
                profiles.instrument_id = any($2::bigint[])
                and profiles.timeframe = $3::text
                and profiles.session_date >= $6::date
                and profiles.session_date <= $7::date
                and profiles.covered && tstzrange(archived.range_start_at, archived.range_end_at)
        )
        or exists (
            select from ops.changed_days as changed
            where
                changed.instrument_id = any($2::bigint[])
                and changed.timeframe = $3::text
                and changed.session_date >= $6::date
                and changed.session_date <= $7::date
                and changed.session_date >= (archived.range_start_at at time zone 'UTC')::date - 3
                and changed.session_date <= (archived.range_end_at at time zone 'UTC')::date + 3
        )
    )
order by range_start_date nulls first
"""

#: By month, what the lake notes of a partition.
STATES: Final = versions_of("$1::text")

NAMES: Final = """
select instrument_id, symbol, valid_from_date, valid_to_date
from core.symbol_history
where instrument_id = any($1::bigint[])
order by instrument_id, symbol, valid_from_date
"""

#: Days that have minutes: of them nothing that a provider reported otherwise counts.
MINUTE_DAYS: Final = """
select distinct instrument_id, session_date
from core.rollup_1d
where
    instrument_id = any($1::bigint[])
    and session_date >= $2::date
    and session_date <= $3::date
order by instrument_id, session_date
"""
