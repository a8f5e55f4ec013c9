{#- Renders a select statement: the split-adjusted days of one instrument, numbered from 1.
    one: alias with its instrument_id. days, factors: relations. -#}
{% macro numbered_bars(one, days, factors) -%}
    select
        {{ days }}.session_date,
        {{ days }}.instrument_id,
        row_number() over (order by {{ days }}.session_date) as bar_number,
        {%- for price in ['high', 'low', 'close', 'vwap'] %}
        ({{ days }}.{{ price }} / {{ factors }}.split_ratio)::double precision as {{ price }},
        {%- endfor %}
        ({{ days }}.volume * {{ factors }}.split_ratio)::double precision as volume,
        {{ days }}.is_final
    from {{ days }}
    inner join {{ factors }}
        on
            {{ days }}.instrument_id = {{ factors }}.instrument_id
            and {{ days }}.session_date >= {{ factors }}.valid_from
            and {{ days }}.session_date < {{ factors }}.valid_to
    where {{ days }}.instrument_id = {{ one }}.instrument_id
{%- endmacro %}
