{#- Renders an insert: another version for each instrument and month in which rows changed;
    by it answers that were kept are known to hold still. Nothing for a hypertable without
    the config `versioned_by`.
    relation: the hypertable. rows: relation of the rows that changed. -#}
{% macro record_versions(relation, rows) -%}
    insert into ops.bar_versions (relation_name, instrument_id, month_start_date)
    select
        '{{ relation.schema }}.{{ relation.identifier }}',
        {{ config.get('versioned_by') }},
        time_bucket(interval '1 month', {{ config.require('time_column') }})::date
    from {{ rows }}
    group by 2, 3
    on conflict (instrument_id, relation_name, month_start_date)
    do update set version_id = excluded.version_id
{%- endmacro %}
