{#- Renders a bigint expression: how many bars have a part in a range.
    piece: SQL expression of the range (tstzrange). origin: where one of the bars starts;
    the others lie end to end from there. Needs bar_length (interval) in scope. -#}
{% macro bars_in(piece, origin) -%}
    (
        ceil(extract(epoch from upper({{ piece }}) - {{ origin }}) / extract(epoch from bar_length))
        - floor(extract(epoch from lower({{ piece }}) - {{ origin }}) / extract(epoch from bar_length))
    )::bigint
{%- endmacro %}
