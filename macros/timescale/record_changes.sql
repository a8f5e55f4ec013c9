{#- Runs a statement: note which time ranges changed, for the aggregates, and which
    days, for `core.day_profiles`.
    relation: the hypertable. changes: the temporary table of what changed.
    last_at, row_count: columns of rows that are summed up already, see `changed_ranges`. -#}
{% macro record_changes(relation, changes, last_at=none, row_count=none) %}
    {% call statement('record_changes') -%}
        insert into ops.changed_ranges (relation_name, range_start_at, range_end_at, row_count)
        {{ changed_ranges(relation, changes, last_at, row_count) }};
        {{ note_changed_days(relation, changes) }};
        {%- if config.get('versioned_by') %}
        {{ record_versions(relation, changes) }};
        {%- endif %}
        {%- if should_full_refresh() %}
        -- made from all that landed: nothing is in the lake alone any more
        delete from ops.archived_ranges
        where relation_name = '{{ relation.schema }}.{{ relation.identifier }}'
        {%- endif %}
    {%- endcall %}
{% endmacro %}
