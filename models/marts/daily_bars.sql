{{ config(alias='bars_1d') }}

-- The provider's own day where there is one (it holds the auctions), else the day built
-- from minutes.
with reported as (
    select * from {{ ref('bars_1d') }}
),

minutes as (
    select * from {{ ref('rollup_1d') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

latest_minutes as (
    select * from {{ ref('latest_minutes') }}
),

sessions as (
    select * from {{ ref('sessions') }}
),

-- a session that spans midnight UTC has two parts
parts_joined as (
    select
        instrument_id,
        session_date,
        first(open, bucket_start_at) as open,
        max(high) as high,
        min(low) as low,
        last(close, bucket_start_at) as close,
        sum(volume) as volume,
        sum(notional) as notional,
        sum(notional_volume) as notional_volume,
        sum(trade_count)::bigint as trade_count,
        bool_and(is_final) as is_final
    from minutes
    group by instrument_id, session_date
),

-- a day whose minutes do not reach its close is still in progress
built as (
    select
        parts_joined.instrument_id,
        parts_joined.session_date,
        parts_joined.open,
        parts_joined.high,
        parts_joined.low,
        parts_joined.close,
        {{ vwap_of('parts_joined') }} as vwap,
        parts_joined.volume,
        parts_joined.trade_count,
        parts_joined.is_final
        and (
            parts_joined.session_date < latest_minutes.last_session_date
            or sessions.close_at <= latest_minutes.last_minute_at + interval '1 minute'
        ) as is_final
    from parts_joined
    inner join instruments on parts_joined.instrument_id = instruments.instrument_id
    inner join latest_minutes
        on parts_joined.instrument_id = latest_minutes.instrument_id
    inner join sessions
        on
            instruments.exchange = sessions.exchange
            and parts_joined.session_date = sessions.session_date
),

preferred as (
    select
        instrument_id,
        session_date,
        open,
        high,
        low,
        close,
        vwap,
        volume,
        trade_count,
        is_final,
        'provider' as built_from,
        provider
    from reported
    union all
    select
        built.instrument_id,
        built.session_date,
        built.open,
        built.high,
        built.low,
        built.close,
        built.vwap,
        built.volume,
        built.trade_count,
        built.is_final,
        'minutes' as built_from,
        null as provider
    from built
    left join reported
        on
            built.instrument_id = reported.instrument_id
            and built.session_date = reported.session_date
    where reported.instrument_id is null
),

named as (
    select
        -- keys
        instruments.symbol,
        preferred.session_date,
        preferred.instrument_id,
        -- prices
        trim_scale(preferred.open) as open,
        trim_scale(preferred.high) as high,
        trim_scale(preferred.low) as low,
        trim_scale(preferred.close) as close,
        trim_scale(preferred.vwap) as vwap,
        -- activity
        trim_scale(preferred.volume) as volume,
        preferred.trade_count,
        -- flags
        preferred.is_final,
        preferred.built_from,
        preferred.provider
    from preferred
    inner join instruments on preferred.instrument_id = instruments.instrument_id
)

select * from named
