-- A random sample of session days, built again from the minutes: the aggregates say the
-- same. Another sample each time.
{{ config(group='core', tags=['proof']) }}

with minutes as (
    select * from {{ ref('bars_1m') }}
),

rollup_1d as (
    select * from {{ ref('rollup_1d') }}
),
{% for width, numbered in [('5m', 5), ('15m', 15), ('30m', 30), ('1h', 60), ('4h', 240)] %}
rollup_{{ width }} as (
    select * from {{ ref('rollup_' ~ width) }}
),
{% endfor %}
sampled as (
    select distinct
        instrument_id,
        session_date
    from (
        select
            instrument_id,
            session_date
        from rollup_1d
        order by random()
        limit {{ var('proof_sample_days') }}
    ) as drawn
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

{% for width, minutes in [('5m', 5), ('15m', 15), ('30m', 30), ('1h', 60), ('4h', 240)] %}
{%- set bucket -%}
    {%- if minutes < 30 -%}
        extract(epoch from time_bucket('{{ minutes }} minutes', bar_start_at))
    {%- else -%}
        floor(session_minute / {{ minutes }}.0)
    {%- endif -%}
{%- endset %}
{%- set standing -%}
    {{ 'extract(epoch from bucket_start_at)' if minutes < 30 else 'bucket_number' }}
{%- endset %}
differing_{{ width }} as (
    (
        {{ summed_up('sampled_minutes', bucket, 'bar_start_at', 'count(*)') }}
        except
        {{ summed_up('rollup_' ~ width, standing, 'session_minute', 'sum(minute_count)') }}
    )
),
{% endfor %}
different as (
    {% for width in ['5m', '15m', '30m', '1h', '4h'] -%}
    select
        '{{ width }}' as width,
        *
    from differing_{{ width }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select * from different
