-- A session that has closed is due until a bar of it or of a later one has landed. So a
-- weekend or a holiday is never late.
with series as (
    select * from {{ ref('bar_series') }}
    where is_followed and valid_to_date = '9999-12-31'
),

symbol_history as (
    select * from {{ ref('symbol_history') }}
),

instrument_symbols as (
    select * from {{ ref('instrument_symbols') }}
),

bars as (
    select * from {{ ref('stg_bars') }}
),

sessions as (
    select * from {{ ref('sessions') }}
),

spelled as (
    select
        series.exchange,
        series.timeframe,
        series.instrument_id,
        instrument_symbols.provider,
        instrument_symbols.provider_symbol
    from series
    inner join symbol_history
        on
            series.instrument_id = symbol_history.instrument_id
            and series.valid_from_date = symbol_history.valid_from_date
    inner join instrument_symbols
        on
            symbol_history.asset_class = instrument_symbols.asset_class
            and symbol_history.symbol = instrument_symbols.symbol
),

landed as (
    select
        spelled.exchange,
        spelled.timeframe,
        count(distinct spelled.instrument_id) as series_count,
        max(newest.session_date) as newest_date,
        max(newest.bar_start_at) as newest_bar_at
    from spelled
    cross join
        lateral (
            select
                bars.session_date,
                bars.bar_start_at
            from bars
            where
                bars.provider_symbol = spelled.provider_symbol
                and bars.timeframe = spelled.timeframe
                and bars.provider = spelled.provider
            order by bars.bar_start_at desc
            limit 1
        ) as newest
    group by spelled.exchange, spelled.timeframe
),

awaited as (
    select
        -- keys
        landed.exchange,
        landed.timeframe,
        -- what landed
        landed.series_count,
        landed.newest_bar_at,
        -- what is next
        next_session.session_date as next_session_date,
        case
            when next_session.close_at <= {{ var('now') }} then next_session.close_at
        end as due_since_at
    from landed
    left join lateral (
        select
            sessions.session_date,
            sessions.close_at
        from sessions
        where
            sessions.exchange = landed.exchange
            and case landed.timeframe
                when '1d' then sessions.session_date > landed.newest_date
                else
                    sessions.open_at
                    >= landed.newest_bar_at + {{ bar_length('landed.timeframe') }}
            end
        order by sessions.session_date
        limit 1
    ) as next_session on true
)

select * from awaited
