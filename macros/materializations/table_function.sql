{#- Materialization `table_function`: the model becomes a set-returning SQL function, for
    what needs to be told something: a time, a width. It is stable and has one select, so
    PostgreSQL inlines it: a filter on its result reaches the tables. Its body is kept as
    text, so a table that is made anew does not take it along. What is defined as it was
    stays, for those who call it meanwhile.

    Config:
      arguments    list of {name, type}, in the order of the call
      plans_once   true: a function that each connection plans once, for all values, in the
                   place of an inlined one: for small answers, which take longer to plan than
                   to give

    The columns and their types are the model's; in its SQL an argument is written
    argument('name'), which a unit test can override. -#}
{% materialization table_function, adapter='timescaledb' %}
    {%- set arguments = config.require('arguments') -%}
    {%- set plans_once = config.get('plans_once', false) -%}
    {%- set signature = [] -%}
    {%- for one in arguments %}{% do signature.append(one.name ~ ' ' ~ one.type) %}{% endfor -%}
    {%- set types = arguments | map(attribute='type') | join(', ') -%}
    {%- set columns = [] -%}
    {%- for column in model.columns.values() %}
        {%- do columns.append(column.name ~ ' ' ~ column.data_type) %}
    {%- endfor -%}
    {%- set name = this.schema ~ '.' ~ this.identifier ~ '(' ~ types ~ ')' -%}
    {%- set definition = local_md5(
        [sql, signature, columns, plans_once, model.description] | join('|')
    ) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% call statement('main') -%}
        {%- if view_is_current(name, definition, 'regprocedure') %}
        select 'kept' as function
        {%- else %}
        drop function if exists {{ name }};
        create function {{ this.schema }}.{{ this.identifier }}({{ signature | join(', ') }})
        returns table ({{ columns | join(', ') }})
        {{ 'language plpgsql set plan_cache_mode = force_generic_plan' if plans_once
            else 'language sql' }}
        stable parallel safe
        as $function$
        {%- if plans_once %}
        #variable_conflict use_column
        begin return query {{ sql }}; end
        {%- else %}
        {{ sql }}
        {%- endif %}
        $function$;
        comment on function {{ name }} is $comment${{ model.description }}$comment$;
        {{ note_view(name, definition, 'regprocedure') }}
        {%- endif %}
    {%- endcall %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': []}) }}
{% endmaterialization %}
