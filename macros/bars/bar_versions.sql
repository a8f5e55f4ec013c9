{#- Renders a select statement: what stands or stood of one session day in all hypertables,
    `revised_at` null for what stands. For a table function with the arguments
    `of_instrument_id` and `on_date`.
    columns: list of columns of the hypertables to give beside the key. -#}
{% macro bar_versions(columns) -%}
    {%- for table, timeframe, key_at in [
        ('bars_1m', "'1m'", 'bar_start_at'),
        ('bars_intraday', 'timeframe', 'bar_start_at'),
        ('bars_1d', "'1d'", "session_date::timestamp at time zone 'UTC'"),
    ] %}
    {%- for relation, revised_at in [
        (ref(table), 'null::timestamptz'), (revisions_of(ref(table)), 'revised_at')
    ] %}
    select
        {{ timeframe }} as timeframe,
        {{ key_at }} as bar_key_at,
        {{ revised_at }} as revised_at,
        {{ columns | join(', ') }}
    from {{ relation }}
    where
        instrument_id = {{ argument('of_instrument_id') }}
        and session_date = {{ argument('on_date') }}
        {%- if table != 'bars_1d' %}
        and bar_start_at >= ({{ argument('on_date') }} - 1)::timestamp at time zone 'UTC'
        and bar_start_at < ({{ argument('on_date') }} + 2)::timestamp at time zone 'UTC'
        {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
