{#- Every intraday bar that was not released starts on a multiple of its length, counted
    from midnight UTC or from the open, unless the rule is not hard.
    timeframe: SQL expression, e.g. '1m' in quotes or a column. -#}
{% test bar_start_is_aligned(model, timeframe) %}
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
        {{ timeframe }} as timeframe,
        {{ bar_length(timeframe) }} as bar_length,
        sessions.open_at
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
        and {{ rule_is_hard('misaligned') }}
        and not ({{ bar_is_aligned() }})
)

select * from offenders
{% endtest %}
