-- What holding a share from one day to the next came to, exactly.
with bars as (
    select * from {{ ref('daily_bars') }}
),

action_factors as (
    select * from {{ ref('action_factors') }}
),

followed as (
    select
        *,
        lag(session_date) over by_date as previous_session_date,
        lag(close) over by_date as previous_close
    from bars
    window by_date as (partition by instrument_id order by session_date)
),

-- the shares that one share has become, and what each of their dividends came to
gained as (
    select
        followed.instrument_id,
        followed.session_date,
        action_factors.split_ratio,
        case
            when action_factors.is_dividend_applied
                then action_factors.dividend_amount
            else 0
        end as dividend_amount,
        core.product(action_factors.split_ratio) over (
            partition by followed.instrument_id, followed.session_date
            order by action_factors.ex_date
        ) as share_count
    from action_factors
    inner join followed
        on
            action_factors.instrument_id = followed.instrument_id
            and action_factors.ex_date > followed.previous_session_date
            and action_factors.ex_date <= followed.session_date
),

actions as (
    select
        instrument_id,
        session_date,
        count(*) as action_count,
        core.product(split_ratio) as split_ratio,
        sum(dividend_amount * share_count) as dividend_amount
    from gained
    group by instrument_id, session_date
),

held as (
    select
        followed.*,
        coalesce(actions.action_count, 0) as action_count,
        coalesce(actions.split_ratio, 1) as split_ratio,
        coalesce(actions.dividend_amount, 0) as dividend_amount
    from followed
    left join actions
        on
            followed.instrument_id = actions.instrument_id
            and followed.session_date = actions.session_date
),

returned as (
    select
        -- keys
        symbol,
        session_date,
        instrument_id,
        previous_session_date,
        -- prices
        close,
        previous_close,
        -- actions between
        action_count,
        trim_scale(split_ratio)::numeric(60, 30) as split_ratio,
        trim_scale(dividend_amount)::numeric(60, 30) as dividend_amount,
        -- returns
        (close * split_ratio / previous_close - 1)::double precision as price_return,
        ((close * split_ratio + dividend_amount) / previous_close - 1)::double precision
            as total_return,
        -- flags
        is_final
    from held
)

select * from returned
