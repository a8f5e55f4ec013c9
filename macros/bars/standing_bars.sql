{#- Renders a select statement: the published bars of some session days, of all hypertables.
    Needs their models as CTEs in scope.
    columns: list of columns to give beside the key.
    days: CTE with instrument_id, timeframe and session_date; without one all bars.
    tables: only of these hypertables. -#}
{% macro standing_bars(columns, days=none, tables=none) -%}
    {%- for table, timeframe in [
        ('bars_1m', "'1m'"), ('bars_intraday', 'bars_intraday.timeframe'), ('bars_1d', "'1d'")
    ] if tables is none or table in tables %}
    select
        {{ table }}.instrument_id,
        {{ timeframe }} as timeframe,
        {{ table }}.session_date,
        {{ table }}.bar_start_at,
        {{ columns_of(table, columns) }}
    from {{ table }}
    {%- if days %}
    -- a session lies within a day of its date: that lets the key help
    inner join {{ days }}
        on
            {{ table }}.instrument_id = {{ days }}.instrument_id
            and {{ timeframe }} = {{ days }}.timeframe
            and {{ table }}.session_date = {{ days }}.session_date
            {%- if table != 'bars_1d' %}
            and {{ table }}.bar_start_at >= ({{ days }}.session_date - 1)::timestamptz
            and {{ table }}.bar_start_at < ({{ days }}.session_date + 2)::timestamptz
            {%- endif %}
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
