-- depends_on: {{ ref('bars_1m') }}, {{ ref('bars_intraday') }}, {{ ref('bars_1d') }}
{{ config(
    materialized='table_function',
    arguments=[
        {'name': 'of_instrument_id', 'type': 'bigint'},
        {'name': 'on_date', 'type': 'date'},
    ],
) }}

-- Every bar that landed for one session day of an instrument, and what became of it.
-- Each look goes into an index: the bars must never be read as a whole.
with placed as (
    select * from {{ ref('int_symbols__placed') }}
    where instrument_id = {{ argument('of_instrument_id') }}
),

timeframes as (
    select string_to_table('{{ timeframes() | join(",") }}', ',') as timeframe
),

bars as not materialized (
    select * from {{ ref('stg_bars') }}
    where
        bar_start_at >= ({{ argument('on_date') }} - 2)::timestamp at time zone 'UTC'
        and bar_start_at < ({{ argument('on_date') }} + 3)::timestamp at time zone 'UTC'
),

split_basis as (
    select * from {{ ref('int_actions__split_basis') }}
),

discarded_requests as (select * from {{ ref('discarded_requests') }}),

rejected as (
    select * from {{ ref('int_bars__rejected') }}
),

published_loads as (
    select * from {{ ref('stg_published_loads') }}
),

held_days as (
    select * from {{ ref('stg_quarantined_days') }}
    where state = 'open'
),

versions as materialized (
    {{ bar_versions([
        'open', 'high', 'low', 'close', 'volume', 'is_final', 'provider',
        'provider_priority', 'request_id', 'source_row', 'load_id', 'loaded_at'
    ]) }}
),

landed as materialized (
    select
        bars.*,
        placed.instrument_id,
        placed.provider_priority,
        {{ argument('on_date') }} as placed_on,
        case bars.timeframe
            when '1d' then {{ argument('on_date') }}::timestamp at time zone 'UTC'
            else bars.bar_start_at
        end as bar_key_at,
        rejected.instrument_id is not null as is_rejected
    from placed
    cross join timeframes
    inner join bars
        on
            timeframes.timeframe = bars.timeframe
            and {{ is_placed('bars', 'placed', session_day('bars', 'placed')) }}
    left join rejected on {{ bar_is_rejected('bars', 'placed') }}
    where {{ session_day('bars', 'placed') }} = {{ argument('on_date') }}
),

on_raw_basis as (
    select
        landed.*,
        restated.restated_ratio,
        array[
            {%- for price in ['open', 'high', 'low', 'close'] %}
            {{ on_raw_basis(price, price ~ ' * restated_ratio') }},
            {%- endfor %}
            {{ on_raw_basis('volume', 'volume / restated_ratio') }}
        ] as raw_figures
    from landed
    left join lateral (
        select trim_scale(basis.ratio)::numeric(38, 18) as restated_ratio
        from ({{ basis_of('landed', 'placed_on') }}) as basis
        where landed.price_basis = 'split'
    ) as restated on true
),

judged as (
    select
        landed.timeframe,
        landed.bar_start_at,
        landed.provider,
        {{ landed_verdict() }} as verdict,
        used.revised_at,
        {{ columns_of('landed', [
            'provider_symbol', 'feed', 'open', 'high', 'low', 'close', 'volume',
            'price_basis', 'restated_ratio', 'is_final', 'provider_priority',
            'request_id', 'source_row', 'load_id', 'fetched_at', 'loaded_at'
        ]) }}
    from on_raw_basis as landed
    left join versions as used
        on
            landed.timeframe = used.timeframe
            and landed.bar_key_at = used.bar_key_at
            and landed.load_id = used.load_id
            and landed.request_id = used.request_id
            and landed.source_row is not distinct from used.source_row
    left join versions as standing
        on
            landed.timeframe = standing.timeframe
            and landed.bar_key_at = standing.bar_key_at
            and standing.revised_at is null
)

select * from judged
