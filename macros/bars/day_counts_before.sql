{#- Renders a lateral join named `standing`: on how many session days bars of one provider
    stand before this build (`day_count`).
    series: alias with instrument_id, timeframe and provider. -#}
{% macro day_counts_before(series) -%}
    cross join lateral (
        select count(distinct session_date) as day_count
        from (
        {%- for table in ['bars_1m', 'bars_intraday', 'bars_1d'] %}
        {%- set standing = relation_before(table) %}
        {%- if standing %}
        select session_date
        from {{ standing }} as {{ table }}
        where
            {{ table }}.instrument_id = {{ series }}.instrument_id
            and {{ table }}.provider = {{ series }}.provider
            and {{ {
                'bars_1m': series ~ ".timeframe = '1m'",
                'bars_intraday': 'bars_intraday.timeframe = ' ~ series ~ '.timeframe',
                'bars_1d': series ~ ".timeframe = '1d'",
            }[table] }}
        {%- else %}
        select null::date as session_date where false
        {%- endif %}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
        ) as days
    ) as standing
{%- endmacro %}
