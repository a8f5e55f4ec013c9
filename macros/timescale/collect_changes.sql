{#- Runs a statement: a temporary table of the rows that differ from what stands.
    relation: the hypertable. sql: the model's SQL.
    changes: name of the temporary table. span: predicate of `plan_for_span`.
    columns: the model's columns. `_change` is 'revised' or, on a full refresh, 'gone'. -#}
{% macro collect_changes(relation, sql, changes, columns, span) %}
    {%- set key = config.require('unique_key') -%}
    {%- set compared = columns | reject('in', key + config.get('unchanged_columns', [])) | list -%}
    {%- set precedence = none if should_full_refresh() else config.get('precedence') -%}
    {% call statement('collect_changes') -%}
        create temporary table {{ changes }} on commit drop as
        with incoming as (
            {{ sql }}
        )

        select
            {{ columns_of('incoming', columns) }},
            'revised' as _change
        from incoming
        inner join {{ relation }} as existing on {{ same_key('incoming', 'existing', key) }}
        where
            {{ span }}
            and ({{ columns_of('incoming', compared) }})
            is distinct from ({{ columns_of('existing', compared) }})
            {%- if precedence %}
            and ({{ precedence }})
            {%- endif %}
        {%- if should_full_refresh() %}
        union all
        select
            {{ columns_of('existing', columns) }},
            'gone' as _change
        from {{ relation }} as existing
        left join incoming on {{ same_key('incoming', 'existing', key) }}
        where incoming.{{ key[0] }} is null
        {%- endif %}
    {%- endcall %}
{% endmacro %}
