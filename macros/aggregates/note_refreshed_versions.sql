{#- Renders an insert: of each instrument and month an aggregate has the version of the bars it
    was refreshed from. Answers that were kept while bars had changed and the aggregate had
    not yet are found no more.
    name, source: `schema.name`. -#}
{% macro note_refreshed_versions(name, source) -%}
    insert into ops.bar_versions (
        relation_name, instrument_id, month_start_date, version_id
    )
    select
        '{{ name }}',
        bars.instrument_id,
        bars.month_start_date,
        bars.version_id
    from ops.bar_versions as bars
    where
        bars.relation_name = '{{ hypertable_below(source) }}'
        and not exists (
            select from ops.bar_versions as known
            where
                known.relation_name = '{{ name }}'
                and known.instrument_id = bars.instrument_id
                and known.month_start_date = bars.month_start_date
                and known.version_id = bars.version_id
        )
    on conflict (instrument_id, relation_name, month_start_date)
    do update set version_id = excluded.version_id
{%- endmacro %}
