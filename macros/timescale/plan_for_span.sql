{#- Runs statements: look what a hypertable is about to get, and choose how to match it. Many
    rows are matched by a hash: looked up one by one they would have compressed chunks
    unpacked for each. Returns a mapping:
      row_count  number of incoming rows
      span       predicate over `existing` that leaves out the chunks in which no incoming
                 row lies
      is_free    nothing stands between the first and the last row of any incoming day
    relation: the hypertable. sql: the model's SQL. columns: the model's columns.
    days: name of the temporary table to be made: the incoming rows, summed up by day. -#}
{% macro plan_for_span(relation, sql, columns, days) %}
    {%- set time_column = config.require('time_column') -%}
    {#- Of the key, what rows are summed up by: by fewer columns more counts as standing. -#}
    {%- set series = config.require('unique_key') | select('in', ['instrument_id', 'timeframe']) | list -%}
    {% call statement('incoming_days') -%}
        create temporary table {{ days }} on commit drop as
        with incoming as (
            {{ sql }}
        )

        {{ rows_summed_up('incoming', columns) }}
    {%- endcall %}
    {%- set found = run_query(
        'select coalesce(sum(row_count), 0), min(' ~ time_column ~ ')::text, max(last_at)::text'
        ~ ' from ' ~ days
    ).rows[0] -%}
    {%- if found[0] == 0 %}{{ return({'row_count': 0, 'span': 'false', 'is_free': false}) }}{% endif -%}
    {%- set span = 'existing.' ~ time_column ~ " between '" ~ found[1] ~ "' and '" ~ found[2] ~ "'" -%}
    {%- set is_free = not run_query(
        'select exists (select from ' ~ relation ~ ' as existing inner join ' ~ days
        ~ ' as incoming on ' ~ same_key('existing', 'incoming', series)
        ~ ' and existing.' ~ time_column ~ ' between incoming.' ~ time_column
        ~ ' and incoming.last_at where ' ~ span ~ ')'
    ).rows[0][0] -%}
    {%- if found[0] > 10000 %}
        {% call statement('match_by_hash') -%}
            set local enable_nestloop = off
        {%- endcall %}
    {%- endif %}
    {{ return({'row_count': found[0], 'span': span, 'is_free': is_free}) }}
{% endmacro %}
