-- What every provider says of the days that this build has bars for, on the raw basis,
-- where an instrument has several: all that ever landed for those days, the newest of
-- each provider. Bars of instruments with one provider are never looked at.
{{ config(
    materialized='table',
    unlogged=true,
    pre_hook='{{ plan_for_many_rows() }}',
    post_hook='analyze {{ this }}',
) }}

with judged_days as (
    select * from {{ ref('int_bars__judged_days') }}
),

placed as (
    select * from {{ ref('int_symbols__placed') }}
),

bars as not materialized (
    select * from {{ ref('stg_bars') }}
),

discarded_requests as (select * from {{ ref('discarded_requests') }}),

rejected as (
    select * from {{ ref('int_bars__rejected') }}
),

split_basis as (
    select * from {{ ref('int_actions__split_basis') }}
),

shared_instruments as (
    select instrument_id from placed
    group by instrument_id
    having count(distinct provider) > 1
),

touched as materialized (
    select
        judged_days.instrument_id,
        judged_days.timeframe,
        judged_days.session_date
    from judged_days
    inner join shared_instruments
        on judged_days.instrument_id = shared_instruments.instrument_id
),

-- a session starts and ends within two days of its date: that lets the index help
landed as (
    select
        bars.*,
        touched.instrument_id,
        touched.session_date as placed_on,
        case touched.timeframe
            when '1d' then touched.session_date::timestamp at time zone 'UTC'
            else bars.bar_start_at
        end as bar_key_at
    from touched
    inner join placed on touched.instrument_id = placed.instrument_id
    cross join
        lateral (
            select *
            from bars
            where
                bars.provider_symbol = placed.provider_symbol
                and bars.timeframe = touched.timeframe
                and bars.bar_start_at >= (touched.session_date - 2)::timestamptz
                and bars.bar_start_at < (touched.session_date + 3)::timestamptz
                and {{ is_placed('bars', 'placed', 'touched.session_date') }}
                and {{ session_day('bars', 'placed') }} = touched.session_date
            order by bars.bar_start_at asc
            offset 0
        ) as bars
    left join discarded_requests on bars.request_id = discarded_requests.request_id
    left join rejected on {{ bar_is_rejected('bars', 'placed') }}
    where
        discarded_requests.request_id is null
        and rejected.instrument_id is null
),

newest as (
    select distinct on (instrument_id, timeframe, bar_key_at, provider) *
    from landed
    order by
        instrument_id asc, timeframe asc, bar_key_at asc, provider asc,
        is_final desc, loaded_at desc, load_id desc, fetched_at desc,
        request_id desc, source_row desc
),

restated as (
    select
        newest.*,
        case when newest.price_basis = 'split' then trim_scale(basis.ratio) end
            as restated_ratio,
        newest.price_basis = 'split' and basis.is_in_doubt as is_basis_uncertain
    from newest
    left join lateral ({{ basis_of('newest', 'placed_on') }}) as basis on true
),

raw_basis as (
    select
        -- keys
        instrument_id,
        timeframe,
        placed_on as session_date,
        bar_key_at,
        provider,
        -- prices
        {%- for price in ['open', 'high', 'low', 'close'] %}
        {{ on_raw_basis(price, price ~ ' * restated_ratio') }} as {{ price }},
        {%- endfor %}
        -- activity
        {{ on_raw_basis('volume', 'volume / restated_ratio') }} as volume
    from restated
    where is_final and not is_basis_uncertain
)

select * from raw_basis
