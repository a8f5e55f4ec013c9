-- Who changed which published bar, how late and by how much.
with bars_1m as (
    select * from {{ ref('bars_1m') }}
),

bars_1m_revisions as (
    select * from {{ revisions_of(ref('bars_1m')) }}
),

bars_intraday as (
    select * from {{ ref('bars_intraday') }}
),

bars_intraday_revisions as (
    select * from {{ revisions_of(ref('bars_intraday')) }}
),

bars_1d as (
    select * from {{ ref('bars_1d') }}
),

bars_1d_revisions as (
    select * from {{ revisions_of(ref('bars_1d')) }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

symbol_history as (
    select * from {{ ref('symbol_history') }}
),

sessions as (
    select * from {{ ref('sessions') }}
),

changes as (
    {{ bar_changes('bars_1m', "'1m'", ['instrument_id', 'bar_start_at']) }}
    union all
    {{ bar_changes(
        'bars_intraday', 'before.timeframe', ['instrument_id', 'timeframe', 'bar_start_at']
    ) }}
    union all
    {{ bar_changes('bars_1d', "'1d'", ['instrument_id', 'session_date']) }}
),

ended as (
    select
        changes.*,
        instruments.symbol as newest_symbol,
        case changes.timeframe
            when '1d' then sessions.close_at
            else changes.bar_start_at + {{ bar_length('changes.timeframe') }}
        end as bar_end_at
    from changes
    inner join instruments on changes.instrument_id = instruments.instrument_id
    left join sessions
        on
            instruments.exchange = sessions.exchange
            and changes.session_date = sessions.session_date
),

measured as (
    select
        -- keys
        coalesce(symbol_history.symbol, ended.newest_symbol) as symbol,
        ended.timeframe,
        ended.bar_start_at,
        ended.session_date,
        ended.instrument_id,
        ended.revised_at,
        -- what kind
        case
            when not ended.is_replaced then 'withdrawn'
            when ended.provider_before <> ended.provider_after then 'other_provider'
            when not ended.was_final then 'completed'
            else 'restated'
        end as kind,
        date_part('epoch', ended.revised_at - ended.bar_end_at)::bigint
            as lateness_seconds,
        -- who
        ended.provider_before,
        ended.provider_after,
        ended.load_id_before,
        ended.load_id_after,
        -- how much
        trim_scale(ended.close_before) as close_before,
        trim_scale(ended.close_after) as close_after,
        greatest(
            abs(ended.open_after / nullif(ended.open_before, 0) - 1),
            abs(ended.high_after / nullif(ended.high_before, 0) - 1),
            abs(ended.low_after / nullif(ended.low_before, 0) - 1),
            abs(ended.close_after / nullif(ended.close_before, 0) - 1)
        )::double precision as largest_price_change,
        (ended.volume_after / nullif(ended.volume_before, 0))::double precision
            as volume_ratio
    from ended
    left join symbol_history on {{ has_symbol('ended', 'symbol_history') }}
)

select * from measured
