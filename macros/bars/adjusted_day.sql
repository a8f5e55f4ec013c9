{#- Renders a select list: a day restated for splits and dividends, as double precision,
    because it is a quotient and no quote.
    bars: alias of the daily bars.
    factors: alias with split_ratio and dividend_factor. -#}
{% macro adjusted_day(bars, factors) -%}
    -- keys
    {{ bars }}.symbol,
    {{ bars }}.session_date,
    {{ bars }}.instrument_id,
    -- prices
    {%- for price in ['open', 'high', 'low', 'close'] %}
    (
        {{ bars }}.{{ price }} / {{ factors }}.split_ratio * {{ factors }}.dividend_factor
    )::double precision as {{ price }},
    {%- endfor %}
    {{ bars }}.close as raw_close,
    -- activity
    ({{ bars }}.volume * {{ factors }}.split_ratio)::double precision as volume,
    {{ bars }}.trade_count,
    -- factors
    (1 / {{ factors }}.split_ratio)::double precision as split_factor,
    {{ factors }}.dividend_factor::double precision as dividend_factor,
    -- flags
    {{ bars }}.is_final,
    {{ bars }}.built_from
{%- endmacro %}
