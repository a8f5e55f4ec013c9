{#- Renders a select statement: the ranges, in whole buckets, in which an aggregate is to be
    refreshed because its source changed, each with the number of the last change known.
    name, source: `schema.name`. bucket: width of a bucket, e.g. '5 minutes'.
    All of them are one range, so that one transaction refreshes them: whoever asks meanwhile
    sees all of the old or all of the new, and TimescaleDB knows which buckets between hold.
    What only the lake holds of the hypertable below is left out, and parts no change lies
    in. No row when nothing changed. -#}
{% macro ranges_to_refresh(name, source, bucket) -%}
    with pending as (
        select
            range_id,
            time_bucket('{{ bucket }}', range_start_at) as start_at,
            -- the end is no part of the range
            time_bucket('{{ bucket }}', range_end_at - interval '1 microsecond')
            + interval '{{ bucket }}' as end_at
        from ops.changed_ranges
        where
            relation_name = '{{ source }}'
            and range_id > (
                select last_range_id from ops.aggregate_states where relation_name = '{{ name }}'
            )
    ),

    summed_up as (
        select
            range_agg(tstzrange(start_at, end_at)) as changed,
            tstzmultirange(tstzrange(min(start_at), max(end_at))) as whole,
            max(range_id) as last_range_id,
            coalesce({{ archived_ranges_of(hypertable_below(source)) }}, '{}') as archived
        from pending
    )

    select lower(one)::text, upper(one)::text, summed_up.last_range_id
    from summed_up
    left join unnest(whole - archived) as one on one && changed - archived
    where summed_up.last_range_id is not null
    order by lower(one)
{%- endmacro %}
