{#- Renders an aggregate: a fingerprint of what bars say and who says it, in text. Which
    load brought them makes no difference.
    bars: alias with the columns of int_bars__judged. -#}
{% macro hash_of_bars(bars) -%}
    md5(string_agg(
        jsonb_build_array(
            extract(epoch from {{ bars }}.bar_start_at),
            {% for column in [
                'open', 'high', 'low', 'close', 'vwap', 'volume', 'trade_count',
                'session_scope', 'provider', 'feed',
            ] -%}
            {{ bars }}.{{ column }}{{ ',' if not loop.last }}
            {% endfor %}
        )::text,
        ' ' order by {{ bars }}.bar_start_at
    ))
{%- endmacro %}
