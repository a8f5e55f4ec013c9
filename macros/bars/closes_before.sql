{#- Renders a lateral join named `standing`: the `close` of the bar that stands before this
    build, final and of the same provider, one look into the key per bar.
    bars: alias with instrument_id, timeframe, session_date, bar_key_at and provider. -#}
{% macro closes_before(bars) -%}
    cross join lateral (
    {%- for table, key in [
        ('bars_1m', ['bar_start_at', 'bar_key_at']),
        ('bars_intraday', ['bar_start_at', 'bar_key_at']),
        ('bars_1d', ['session_date', 'session_date']),
    ] %}
    {%- set standing = relation_before(table) %}
    {%- if standing %}
    select close
    from {{ standing }} as {{ table }}
    where
        {{ table }}.instrument_id = {{ bars }}.instrument_id
        and {{ table }}.{{ key[0] }} = {{ bars }}.{{ key[1] }}
        and {{ table }}.provider = {{ bars }}.provider
        and {{ table }}.is_final
        and {{ {
            'bars_1m': bars ~ ".timeframe = '1m'",
            'bars_intraday': 'bars_intraday.timeframe = ' ~ bars ~ '.timeframe',
            'bars_1d': bars ~ ".timeframe = '1d'",
        }[table] }}
    {%- else %}
    select null::numeric as close where false
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
    ) as standing
{%- endmacro %}
