{#- Every bar that was not released belongs to a session of its exchange and starts
    while that session is open, unless the rule is not hard.
    timeframe: SQL expression, e.g. '1m' in quotes or a column. -#}
{% test bars_lie_in_session(model, timeframe) %}
with bars as (
    {{ tested_bars(model) }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

sessions as (
    select * from {{ ref('sessions') }}
),

placed as (
    select
        bars.instrument_id,
        bars.bar_start_at,
        bars.session_date,
        bars.session_scope,
        {{ timeframe }} as timeframe,
        {{ bar_length(timeframe) }} as bar_length,
        sessions.open_at,
        sessions.close_at,
        sessions.break_start_at,
        sessions.break_end_at,
        sessions.pre_open_at,
        sessions.post_close_at
    from bars
    inner join instruments on bars.instrument_id = instruments.instrument_id
    left join sessions
        on
            instruments.exchange = sessions.exchange
            and bars.session_date = sessions.session_date
),

offenders as (
    select *
    from placed
    where
        {{ was_never_released('placed') }}
        and (
            open_at is null
            or (
                {{ rule_is_hard('outside_session') }}
                and ({{ bar_is_in_session() }}) is not true
            )
        )
)

select * from offenders
{% endtest %}
