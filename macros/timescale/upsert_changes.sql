{#- Renders statements: keep what is about to change as a revision, then write the
    changes.
    relation: the hypertable. changes: the temporary table of `collect_changes`.
    columns: the model's columns. Nothing is written for an empty table. -#}
{% macro upsert_changes(relation, changes, columns) -%}
    {%- set key = config.require('unique_key') -%}
    {%- set values = columns | reject('in', key) | list -%}
    insert into {{ revisions_of(relation) }} ({{ columns | join(', ') }})
    select {{ columns_of('existing', columns) }}
    from {{ relation }} as existing
    inner join {{ changes }} as changes on {{ same_key('changes', 'existing', key) }};
    {%- if should_full_refresh() %}

    delete from {{ relation }} as existing
    using {{ changes }} as changes
    where changes._change = 'gone' and {{ same_key('changes', 'existing', key) }};
    {%- endif %}

    insert into {{ relation }} ({{ columns | join(', ') }})
    select {{ columns | join(', ') }}
    from {{ changes }}
    where _change <> 'gone'
    order by {{ key | join(', ') }}
    on conflict ({{ key | join(', ') }}) do update set
    {%- for column in values %}
        {{ column }} = excluded.{{ column }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
