"""The SQL of what there is; every value is bound."""

from __future__ import annotations

from typing import Final

LATEST: Final = """
select instrument_id, session_date, close, total_return, is_final, built_from
from marts.latest_bars
where instrument_id = any($1::bigint[])
"""

#: Days of which the lake alone holds a part count as their profile says.
COVERAGE: Final = """
with archived as (
    select relation_name, range_agg(tstzrange(range_start_at, range_end_at)) as ranges
    from ops.archived_ranges
    group by relation_name
),

gone as (
    select
        profiles.timeframe,
        profiles.session_date,
        profiles.bar_count,
        lower(profiles.covered) as first_bar_start_at,
        upper(profiles.covered) - case profiles.timeframe
            when '1m' then interval '1 minute'
            when '5m' then interval '5 minutes'
            when '15m' then interval '15 minutes'
            when '30m' then interval '30 minutes'
            when '1h' then interval '1 hour'
            else interval '4 hours'
        end as last_bar_start_at
    from core.day_profiles as profiles
    inner join archived
        on
            case profiles.timeframe
                when '1m' then 'core.bars_1m' else 'core.bars_intraday'
            end = archived.relation_name
            and profiles.covered && archived.ranges
    inner join core.symbol_history as history
        on
            profiles.instrument_id = history.instrument_id
            and profiles.session_date >= history.valid_from_date
            and profiles.session_date < history.valid_to_date
    where
        profiles.instrument_id = $1::bigint
        and profiles.timeframe <> '1d'
        and (
            profiles.timeframe = '1m'
            or not exists (
                select from core.rollup_1d as built
                where
                    built.instrument_id = profiles.instrument_id
                    and built.session_date = profiles.session_date
            )
        )
),

days as (
    select
        timeframe,
        built_from,
        session_date,
        count(*) as bar_count,
        min(bar_start_at) as first_bar_start_at,
        max(bar_start_at) as last_bar_start_at
    from marts.bars
    where
        instrument_id = $1::bigint
        and (
            built_from <> 'provider'
            or (timeframe, session_date) not in (select timeframe, session_date from gone)
        )
    group by timeframe, built_from, session_date
    union all
    select
        timeframe,
        'provider' as built_from,
        session_date,
        bar_count,
        first_bar_start_at,
        last_bar_start_at
    from gone
)

select
    timeframe,
    built_from,
    min(session_date) as first_session_date,
    max(session_date) as last_session_date,
    count(distinct session_date) as session_count,
    sum(bar_count)::bigint as bar_count,
    min(first_bar_start_at) as first_bar_start_at,
    max(last_bar_start_at) as last_bar_start_at
from days
group by timeframe, built_from
"""
