-- Whose bars a request for a spelling asks for, and for which times it does.
with placed as (
    select * from {{ ref('int_symbols__placed') }}
),

assets as (
    select * from {{ ref('stg_assets') }}
),

-- a spelling that never brought a bar is known by what it was configured as
configured as (
    select
        assets.provider,
        assets.provider_symbol,
        last(assets.symbol, assets.loaded_at) as symbol,
        last(assets.asset_class, assets.loaded_at) as asset_class,
        last(assets.exchange, assets.loaded_at) as exchange
    from assets
    left join placed
        on
            assets.provider = placed.provider
            and assets.provider_symbol = placed.provider_symbol
    where placed.provider is null
    group by assets.provider, assets.provider_symbol
),

spellings as (
    select
        instrument_id,
        provider,
        provider_symbol,
        exchange,
        provider_priority,
        case
            when is_dated_by_fetch and not is_always
                then daterange(speaks_from_date, speaks_until_date, '[]')
        end as fetch_dates,
        tstzrange(
            listed_from_date::timestamp at time zone 'UTC',
            listed_until_date::timestamp at time zone 'UTC'
        ) as listed
    from placed
    union all
    select
        {{ instrument_key('asset_class', 'symbol') }} as instrument_id,
        provider,
        provider_symbol,
        exchange,
        1000 as provider_priority,
        null as fetch_dates,
        '(,)'::tstzrange as listed
    from configured
)

select * from spellings
