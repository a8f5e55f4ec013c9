{#- Renders a scalar subquery: the median of an array of numbers; null for none.
    numbers: SQL expression of the array. -#}
{% macro median_of(numbers) -%}
    (
        select percentile_cont(0.5) within group (order by number)
        from unnest({{ numbers }}) as listed (number)
    )
{%- endmacro %}
