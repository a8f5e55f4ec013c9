{#- Runs statements: look what a hypertable is about to get, and choose how to match it. Many
    rows are matched by a hash: looked up one by one they would have compressed chunks
    unpacked for each. Returns a predicate over `existing` that leaves out the chunks in
    which no incoming row lies; false when there is none.
    sql: the model's SQL. -#}
{% macro plan_for_span(sql) %}
    {%- set time_column = config.require('time_column') -%}
    {%- set found = run_query(
        'select count(*), min(' ~ time_column ~ ')::text, max(' ~ time_column ~ ')::text'
        ~ ' from (' ~ sql ~ ') as incoming'
    ).rows[0] -%}
    {%- if found[0] > 10000 %}
        {% call statement('match_by_hash') -%}
            set local enable_nestloop = off
        {%- endcall %}
    {%- endif %}
    {%- if found[0] == 0 -%}
        {{ return('false') }}
    {%- endif -%}
    {{ return(
        'existing.' ~ time_column ~ " between '" ~ found[1] ~ "' and '" ~ found[2] ~ "'"
    ) }}
{% endmacro %}
