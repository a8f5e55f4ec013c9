{#- Renders a numeric expression: a figure of a bar on the raw basis. What was not restated
    passes as it is, without the cost of being rounded anew.
    reported: the column as reported.
    restated: SQL expression of the figure for a restated bar. -#}
{% macro on_raw_basis(reported, restated) -%}
    case
        when restated_ratio is null then {{ reported }}
        else ({{ restated }})::numeric(38, 18)
    end
{%- endmacro %}
