{#- Materialization `table_function`: the model becomes a set-returning SQL function, for
    what needs to be told something: a time, a width. It is stable and has one select, so
    PostgreSQL inlines it: a filter on its result reaches the tables. Its body is kept as
    text, so a table that is made anew does not take it along.

    Config:
      arguments   list of {name, type}, in the order of the call

    The columns and their types are the model's; in its SQL an argument is written
    argument('name'), which a unit test can override. -#}
{% materialization table_function, adapter='timescaledb' %}
    {%- set arguments = config.require('arguments') -%}
    {%- set signature = [] -%}
    {%- for one in arguments %}{% do signature.append(one.name ~ ' ' ~ one.type) %}{% endfor -%}
    {%- set types = arguments | map(attribute='type') | join(', ') -%}
    {%- set columns = [] -%}
    {%- for column in model.columns.values() %}
        {%- do columns.append(column.name ~ ' ' ~ column.data_type) %}
    {%- endfor -%}
    {%- set name = this.schema ~ '.' ~ this.identifier -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') -%}
        drop function if exists {{ name }}({{ types }});
        create function {{ name }}({{ signature | join(', ') }})
        returns table ({{ columns | join(', ') }})
        language sql stable parallel safe
        as $function$
        {{ sql }}
        $function$;
        comment on function {{ name }}({{ types }}) is $comment${{ model.description }}$comment$
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': []}) }}
{% endmaterialization %}
