-- A random sample of session days, built again from the minutes: the aggregates say the
-- same, no more and no less. Another sample each time.
{{ config(group='core', tags=['proof']) }}
{% set minutes_of = {'5m': 5, '15m': 15, '30m': 30, '1h': 60, '4h': 240} %}

with minutes as (
    select * from {{ ref('bars_1m') }}
),

rollup_1d as (
    select * from {{ ref('rollup_1d') }}
),
{% for width in minutes_of %}
rollup_{{ width }} as (
    select * from {{ ref('rollup_' ~ width) }}
),
{% endfor %}
drawn as (
    select
        instrument_id,
        session_date
    from rollup_1d
    -- minutes that retention dropped are in the lake only
    where
        not coalesce(
            tstzrange(
                (session_date - 1)::timestamptz, (session_date + 2)::timestamptz
            ) && {{ archived_ranges_of('core.bars_1m') }},
            false
        )
    order by random()
    limit {{ var('proof_sample_days') }}
),

-- kept, so that every width is held against the same days
sampled as materialized (
    select distinct
        instrument_id,
        session_date
    from drawn
),

sampled_minutes as (
    select minutes.*
    from sampled
    inner join minutes
        on
            sampled.instrument_id = minutes.instrument_id
            and sampled.session_date = minutes.session_date
            and minutes.bar_start_at >= (sampled.session_date - 2)::timestamptz
            and minutes.bar_start_at < (sampled.session_date + 3)::timestamptz
),

{% for width, length in minutes_of.items() %}
{%- set is_clock = length < 30 -%}
standing_{{ width }} as (
    select rollup_{{ width }}.*
    from sampled
    inner join rollup_{{ width }}
        on
            sampled.instrument_id = rollup_{{ width }}.instrument_id
            and sampled.session_date = rollup_{{ width }}.session_date
),

said_{{ width }} as (
    {{ summed_up(
        'standing_' ~ width,
        'extract(epoch from bucket_start_at)' if is_clock else 'bucket_number',
        'session_minute'
    ) }}
),

built_{{ width }} as (
    {{ summed_up(
        'sampled_minutes',
        "extract(epoch from time_bucket('" ~ length ~ " minutes', bar_start_at))"
        if is_clock else 'floor(session_minute / ' ~ length ~ '.0)',
        'bar_start_at',
        of_minutes=true
    ) }}
),

{% endfor %}
different as (
    {% for width in minutes_of -%}
    (
        select * from built_{{ width }}
        except
        select * from said_{{ width }}
    )
    union all
    (
        select * from said_{{ width }}
        except
        select * from built_{{ width }}
    )
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from different
