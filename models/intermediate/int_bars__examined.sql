-- Every bar with its session and the rules that it breaks. Examined before the winners
-- are chosen: that is how several workers share it.
with bars as (
    select * from {{ ref('int_bars__raw_basis') }}
),

rebased as (
    select * from {{ ref('int_bars__rebased') }}
),

sessions as (
    select * from {{ ref('sessions') }}
),

in_session as (
    select
        bars.*,
        sessions.open_at,
        sessions.close_at,
        sessions.break_start_at,
        sessions.break_end_at,
        sessions.pre_open_at,
        sessions.post_close_at,
        {{ bar_length('bars.timeframe') }} as bar_length,
        -- minutes come with the days of the same history
        (bars.instrument_id, bars.provider) in (
            select
                rebased.instrument_id,
                rebased.provider
            from rebased
        ) as is_rebased
    from bars
    left join sessions
        on
            bars.exchange = sessions.exchange
            and bars.session_date = sessions.session_date
),

examined as (
    select
        -- keys
        instrument_id,
        timeframe,
        session_date,
        bar_key_at,
        bar_start_at,
        -- prices
        open,
        high,
        low,
        close,
        vwap,
        reported_basis,
        -- activity
        volume,
        trade_count,
        -- flags
        {{ bar_scope() }} as session_scope,
        {{ session_minute() }} as session_minute,
        coalesce({{ bar_is_regular() }}, false) as is_regular,
        is_final,
        is_pending,
        is_basis_uncertain,
        is_rebased,
        {{ broken_rules('hard') }} as violations,
        {{ broken_rules('soft') }} as warnings,
        -- lineage
        provider,
        provider_priority,
        feed,
        request_id,
        source_row,
        fetched_at,
        load_id,
        loaded_at
    from in_session
)

select * from examined
