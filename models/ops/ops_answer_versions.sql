{{ config(
    materialized='table_function',
    arguments=[
        {'name': 'instrument_ids', 'type': 'bigint[]'},
        {'name': 'first_date', 'type': 'date'},
        {'name': 'last_date', 'type': 'date'},
    ],
) }}

{%- set margin = "case relation_name when 'core.bars_1d' then 0 else 2 end" %}
-- Another hash exactly when what an answer depends on changed. A session is less than
-- two days away from its UTC day.
with bar_versions as (
    select * from {{ source('ledgers', 'bar_versions') }}
    where instrument_id = any({{ argument('instrument_ids') }})
),

warehouse as (
    select * from {{ source('ledgers', 'warehouse_identity') }}
),

factors as (
    select * from {{ ref('adjustment_factors') }}
    where instrument_id = any({{ argument('instrument_ids') }})
),

instruments as (
    select * from {{ ref('instruments') }}
    where instrument_id = any({{ argument('instrument_ids') }})
),

symbol_history as (
    select * from {{ ref('symbol_history') }}
    where instrument_id = any({{ argument('instrument_ids') }})
),

latest_minutes as (
    select * from {{ ref('latest_minutes') }}
),

sessions as (
    select * from {{ ref('sessions') }}
),

covered as (
    select
        instrument_id,
        min(month_start_date) as first_month_date,
        max(month_start_date) as last_month_date
    from bar_versions
    group by instrument_id
),

parts as (
    select
        'warehouse' as part,
        warehouse_id::text as detail
    from warehouse
    union all
    select
        relation_name as part,
        concat_ws(' ', instrument_id, month_start_date, version_id) as detail
    from bar_versions
    where
        month_start_date
        >= date_trunc('month', {{ argument('first_date') }} - {{ margin }})::date
        and month_start_date <= {{ argument('last_date') }} + {{ margin }}
    union all
    select
        'factors' as part,
        factors::text as detail
    from factors
    union all
    select
        'symbols' as part,
        symbol_history::text as detail
    from symbol_history
    union all
    -- of the months that have bars: a calendar reaches further
    select
        'calendar' as part,
        concat_ws(
            ' ', sessions.session_date, sessions.open_at, sessions.close_at
        ) as detail
    from covered
    inner join instruments on covered.instrument_id = instruments.instrument_id
    inner join sessions
        on
            instruments.exchange = sessions.exchange
            and covered.first_month_date <= sessions.session_date
            and covered.last_month_date > sessions.session_date - 40
    where
        sessions.session_date >= {{ argument('first_date') }}
        and sessions.session_date <= {{ argument('last_date') }}
    union all
    -- whether bars are final depends on whether later ones are there
    select
        'reach' as part,
        concat_ws(
            ' ',
            covered.instrument_id,
            covered.last_month_date > {{ argument('last_date') }},
            least(
                latest_minutes.last_minute_at,
                {{ argument('last_date') }}::timestamptz + interval '10 days'
            )
        ) as detail
    from covered
    left join latest_minutes on covered.instrument_id = latest_minutes.instrument_id
),

versions as (
    select
        part,
        sum(hashtextextended(detail, 0)::numeric)::text as version
    from parts
    group by part
)

select * from versions
