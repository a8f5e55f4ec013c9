-- Where to look for prices around each ex-date: every spelling of the instrument, days
-- before minutes and longer bars. A dividend is measured by days alone.
with splits as (
    select * from {{ ref('int_actions__split_reports') }}
),

dividends as (
    select * from {{ ref('stg_dividends') }}
),

overrides as (
    select * from {{ ref('int_actions__overrides') }}
),

placed as (
    select * from {{ ref('int_symbols__placed') }}
),

timeframes as (
    select
        timeframe,
        place
    from
        unnest(array[
            {%- for timeframe in timeframes() %}
            '{{ timeframe }}'{{ ',' if not loop.last }}
            {%- endfor %}
        ])
        with ordinality as listed (timeframe, place)
),

reported as (
    select
        instrument_id,
        ex_date,
        true as is_split
    from splits
    union all
    select
        instrument_id,
        ex_date,
        action_type = 'split' as is_split
    from overrides
    union all
    select
        placed.instrument_id,
        dividends.ex_date,
        false as is_split
    from dividends
    inner join placed
        on {{ is_placed('dividends', 'placed', 'dividends.ex_date') }}
),

ex_dates as (
    select
        instrument_id,
        ex_date,
        bool_or(is_split) as is_split
    from reported
    group by instrument_id, ex_date
),

-- a spelling that is dated by the fetch stands for all of the instrument's history
probes as (
    select
        -- keys
        ex_dates.instrument_id,
        ex_dates.ex_date,
        placed.provider,
        placed.asset_class,
        placed.provider_symbol,
        timeframes.timeframe,
        -- order
        timeframes.place as timeframe_place,
        placed.provider_priority,
        -- times
        ex_dates.is_split,
        placed.timezone,
        placed.session_offset_hours
    from ex_dates
    inner join placed
        on
            ex_dates.instrument_id = placed.instrument_id
            and (
                placed.is_dated_by_fetch
                or ex_dates.ex_date
                between placed.speaks_from_date and placed.speaks_until_date
            )
    inner join timeframes on ex_dates.is_split or timeframes.timeframe = '1d'
)

select * from probes
